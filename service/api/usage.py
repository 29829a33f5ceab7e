"""POST /v1/usage: what clients say of tokens that they verify offline; and the refused uses of one's own token."""

from datetime import datetime
from typing import Annotated, Final

import msgspec
from aiohttp import web
from msgspec import UNSET, Meta, UnsetType

from service.api.answers import Accepted, Answer, Id, Time
from service.api.bodies import read_body
from service.api.client_authentication import authenticated_client
from service.api.contract import contract
from service.api.path_ids import path_id
from service.api.times import rfc3339
from service.api.token_answers import TokenShown, token_document
from service.domain.client import Client
from service.domain.errors import Busy
from service.domain.identifiers import from_wire, to_wire
from service.domain.principal import ResourceServer
from service.domain.usage import Origin, RefusalReason, RefusedUse, Report
from service.web.appkeys import PRINCIPAL, SERVICES
from service.web.callers import signed_in
from service.web.client_address import caller_address

LONGEST_REPORT: Final = 524_288
"""Bytes of a body: enough for MOST_ITEMS with long user agents."""
MOST_ITEMS: Final = 1_000

_Text = Annotated[str, Meta(max_length=512)]


class Item(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """One token in one minute. `scopes` are those that the API demanded; `refused` is left out of an accepted use."""

    jti: _Text
    minute: Annotated[datetime, Meta(tz=True)]
    audience: _Text
    ip: _Text | None = None
    user_agent: _Text | None = None
    scopes: Annotated[tuple[_Text, ...], Meta(max_length=100)] = ()
    refused: RefusalReason | None = None


class Items(msgspec.Struct, kw_only=True):
    """POST /v1/usage."""

    uses: Annotated[tuple[Item, ...], Meta(max_length=MOST_ITEMS)]


class Presented(msgspec.Struct, kw_only=True):
    """POST /v1/personal-access-tokens/check."""

    token: str


class IgnoredUse(msgspec.Struct, kw_only=True):
    """An item that was not taken: its place in the report, and why."""

    index: int
    reason: str


class ReportTaken(msgspec.Struct, kw_only=True):
    """How many items came, and those that were not taken for what they say themselves."""

    received: int
    ignored: list[IgnoredUse]


class RefusalShown(msgspec.Struct, kw_only=True):
    """`reported_by` is the client whose word it is; null where this service has refused it itself."""

    at: Time
    reason: RefusalReason
    jti: Id
    ip: str | None
    user_agent: str | None
    reported_by: str | None


class Checked(msgspec.Struct, kw_only=True):
    """Nothing but `known` of a token that is none of the caller's; `reason` says why it does not hold."""

    known: bool
    holds: bool | UnsetType = UNSET
    reason: str | UnsetType | None = UNSET
    token: TokenShown | UnsetType = UNSET


@contract(body=Items, raises=(Busy,))
async def report_use(request: web.Request) -> Accepted[ReportTaken]:
    """202 whatever is known of the tokens; which items were not taken for what they say themselves is told."""
    client = await authenticated_client(request, {}, permission=None)
    request[PRINCIPAL] = ResourceServer(client)
    uses = (await read_body(request, Items)).uses
    ignored = request.app[SERVICES].usage.report(client, [_report(item, client) for item in uses])
    told = [IgnoredUse(index=index, reason=reason) for index, reason in ignored.items()]
    return Accepted(ReportTaken(received=len(uses), ignored=told))


async def list_refusals(request: web.Request) -> Answer[list[RefusalShown]]:
    """The latest, at most 20, the last one first."""
    owner_id = signed_in(request).user.id
    refusals = await request.app[SERVICES].usage.refusals(path_id(request), owner_id=owner_id)
    return Answer([refusal_document(refusal) for refusal in refusals])


@contract(body=Presented, raises=(Busy,))
async def check_token(request: web.Request) -> Answer[Checked]:
    """What is known of a token of one's own, or to those who read everything of any; else not a word."""
    services, body = request.app[SERVICES], await read_body(request, Presented)
    checked = await services.usage.check(
        body.token, who=signed_in(request), address=caller_address(request, services.settings)
    )
    if checked is None:
        return Answer(Checked(known=False))
    token = token_document(checked.token, checked.token.state(checked.now))
    return Answer(Checked(known=True, holds=checked.reason is None, reason=checked.reason, token=token))


def refusal_document(refusal: RefusedUse) -> RefusalShown:
    return RefusalShown(
        at=rfc3339(refusal.at),
        reason=refusal.reason,
        jti=to_wire(refusal.jti),
        ip=refusal.origin.ip,
        user_agent=refusal.origin.user_agent,
        reported_by=refusal.reported_by,
    )


def _report(item: Item, client: Client) -> Report:
    return Report(
        jti=from_wire(item.jti) or "",
        at=int(item.minute.timestamp()) // 60 * 60,
        origin=Origin(item.ip, item.user_agent),
        audience=item.audience,
        scopes=item.scopes,
        refused=item.refused,
        client_id=client.id,
    )
