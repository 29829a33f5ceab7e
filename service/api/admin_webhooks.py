"""/v1/admin/webhooks: where the operator's systems are told (Standard Webhooks)."""

from typing import Annotated, Final

import msgspec
from aiohttp import web
from msgspec import UNSET, Meta, UnsetType

from service.api.answers import Answer, Created, Id, NoContent, Time
from service.api.bodies import read_body
from service.api.contract import contract
from service.api.path_ids import path_id
from service.api.times import rfc3339, rfc3339_or_none
from service.domain.delivery import Delivery
from service.domain.errors import AlreadyExists, CannotSign
from service.domain.identifiers import to_wire
from service.domain.overlap import LONGEST
from service.domain.secret import Secret
from service.domain.webhook import Webhook
from service.web.appkeys import SERVICES
from service.web.callers import signed_in

WEBHOOKS: Final = "/v1/admin/webhooks"


class ChangedWebhook(msgspec.Struct, kw_only=True):
    """PUT /v1/admin/webhooks/{id}. No kinds mean all that webhooks carry."""

    url: str
    kinds: tuple[str, ...] = ()


class NewWebhook(ChangedWebhook, kw_only=True):
    """POST /v1/admin/webhooks."""

    name: str


class NewWebhookSecret(msgspec.Struct, kw_only=True):
    """POST /v1/admin/webhooks/{id}/secret. The old secret signs as well for `overlap` seconds."""

    overlap: Annotated[int, Meta(ge=0, le=LONGEST)] = 86_400


class WebhookShown(msgspec.Struct, kw_only=True):
    """`secret` is there once, in the answer that makes it. `disabled_at` is when the receiver answered 410."""

    id: Id
    name: str
    url: str
    kinds: list[str]
    old_secret_ends_at: Time | None
    created_at: Time
    disabled_at: Time | None
    secret: str | UnsetType = UNSET


class DeliveryShown(msgspec.Struct, kw_only=True):
    """`state` is waiting, delivered or given_up; `fault` is why the last attempt failed, in our words."""

    webhook_id: str
    state: str
    attempts: int
    fault: str | None
    next_attempt_at: Time | None
    finished_at: Time | None


async def list_webhooks(request: web.Request) -> Answer[list[WebhookShown]]:
    """All of them, by name; no secret."""
    webhooks = await request.app[SERVICES].notices.webhooks.all()
    return Answer([webhook_document(each) for each in webhooks])


@contract(body=NewWebhook, raises=(AlreadyExists, CannotSign))
async def create_webhook(request: web.Request) -> Created[WebhookShown]:
    """The webhook and its secret, shown this once."""
    body = await read_body(request, NewWebhook)
    webhook, secret = await request.app[SERVICES].notices.webhooks.create(
        name=body.name, url=body.url, kinds=body.kinds, actor=signed_in(request).actor
    )
    return Created(webhook_document(webhook, secret))


@contract(body=ChangedWebhook)
async def change_webhook(request: web.Request) -> Answer[WebhookShown]:
    """Another URL, other kinds; one that had answered 410 is tried again."""
    body = await read_body(request, ChangedWebhook)
    webhook = await request.app[SERVICES].notices.webhooks.change(
        path_id(request), url=body.url, kinds=body.kinds, actor=signed_in(request).actor
    )
    return Answer(webhook_document(webhook))


@contract(body=NewWebhookSecret, raises=(CannotSign,))
async def rotate_webhook_secret(request: web.Request) -> Created[WebhookShown]:
    """A new secret, shown this once."""
    body = await read_body(request, NewWebhookSecret)
    webhook, secret = await request.app[SERVICES].notices.webhooks.rotate_secret(
        path_id(request), overlap=body.overlap, actor=signed_in(request).actor
    )
    return Created(webhook_document(webhook, secret))


@contract()
async def send_test(request: web.Request) -> NoContent:
    """A message of the kind `test` is on its way; its deliveries tell what became of it."""
    await request.app[SERVICES].notices.webhooks.test(path_id(request), actor=signed_in(request).actor)
    return NoContent()


async def list_deliveries(request: web.Request) -> Answer[list[DeliveryShown]]:
    """The latest, the last one first."""
    deliveries = await request.app[SERVICES].notices.webhooks.deliveries(path_id(request))
    return Answer([delivery_document(each) for each in deliveries])


async def remove_webhook(request: web.Request) -> NoContent:
    """Nothing more is sent there."""
    await request.app[SERVICES].notices.webhooks.remove(path_id(request), actor=signed_in(request).actor)
    return NoContent()


def webhook_document(webhook: Webhook, secret: Secret | None = None) -> WebhookShown:
    """With the secret only where it was just made."""
    return WebhookShown(
        id=to_wire(webhook.id),
        name=webhook.name,
        url=webhook.url,
        kinds=sorted(webhook.kinds),
        old_secret_ends_at=rfc3339_or_none(webhook.old_secret_until),
        created_at=rfc3339(webhook.created_at),
        disabled_at=rfc3339_or_none(webhook.disabled_at),
        secret=UNSET if secret is None else secret.reveal(),
    )


def delivery_document(delivery: Delivery) -> DeliveryShown:
    return DeliveryShown(
        webhook_id=f"msg_{delivery.message_id}",
        state=delivery.outcome or "waiting",
        attempts=delivery.attempts,
        fault=delivery.fault,
        next_attempt_at=None if delivery.finished_at else rfc3339(delivery.due_at),
        finished_at=rfc3339_or_none(delivery.finished_at),
    )
