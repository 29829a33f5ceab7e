"""/v1/admin/catalogue: what `safeconduct apply` asks for."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any, Final, Literal

import msgspec
from aiohttp import web
from safeconduct.document import CatalogueInvalid

from service.api.answers import Answer, Id
from service.api.bodies import read_body
from service.api.contract import contract
from service.application.catalogue import Applied, CatalogueChangedMeanwhile, ScopesInUse
from service.application.overreach import BEGINNING, Place
from service.domain.catalogue import CatalogueDocument
from service.domain.errors import AlreadyExists, Fault, Faulty, NotFound
from service.domain.identifiers import to_wire
from service.web.appkeys import SERVICES
from service.web.callers import signed_in

_PLACE: Final = re.compile(r"([0-9a-f]{32})-([0-9a-f]{32})", re.ASCII)

LONGEST_CATALOGUE = 262_144
"""Bytes of a body: a catalogue of some hundred scopes with their words is a tenth of it."""


class CatalogueToApply(msgspec.Struct, kw_only=True):
    """POST /v1/admin/catalogue. `expected_version` is the one whose difference was looked at.

    `revoke` or `keep_until_expiry` say what becomes of live tokens that would carry too much.
    """

    toml: str
    dry_run: bool = False
    keep_until_expiry: bool = False
    revoke: bool = False
    expected_version: int | None = None


class CatalogueToClear(msgspec.Struct, kw_only=True):
    """POST /v1/admin/catalogue/revoke. `after` is from the answer before; without it, from the beginning."""

    toml: str
    after: str | None = None


class ChangeShown(msgspec.Struct, kw_only=True):
    """One thing that is added, removed or changed; of a changed table only the members that differ."""

    kind: Literal["added", "removed", "changed"]
    what: str
    name: str
    was: Any
    now: Any


class ClientMade(msgspec.Struct, kw_only=True):
    """A new client with its secret, if it has one, shown in this answer only."""

    id: str
    name: str
    secret: str | None


class WebhookMade(msgspec.Struct, kw_only=True):
    """A new webhook with its secret, shown in this answer only."""

    id: Id
    name: str
    secret: str


class CatalogueApplied(msgspec.Struct, kw_only=True):
    """`in_use`: of each scope that goes the number of live tokens that hold it; `beyond`: how many carry too much."""

    changes: list[ChangeShown]
    version: int
    in_use: dict[str, int]
    beyond: int
    revoked: int
    clients: list[ClientMade]
    webhooks: list[WebhookMade]


class RevokedAhead(msgspec.Struct, kw_only=True):
    """`after` is where to ask on; null where nothing is left."""

    revoked: int
    after: str | None


CATALOGUE_REFUSED: Final = (ScopesInUse, CatalogueChangedMeanwhile, AlreadyExists, NotFound)
"""Why a catalogue, or the policy in it, is not put into force."""


@contract(body=CatalogueToApply, raises=CATALOGUE_REFUSED)
async def apply_catalogue(request: web.Request) -> Answer[CatalogueApplied]:
    """What differs from the catalogue in force, which this one replaces; with `dry_run` nothing but that."""
    body = await read_body(request, CatalogueToApply)
    if body.revoke and body.keep_until_expiry:
        raise Faulty([Fault("revoke", "one_of_two", "give revoke or keep_until_expiry, one of them")])
    services = request.app[SERVICES]
    with faults_told():
        wanted, declared = CatalogueDocument.of_file(body.toml, issuer=services.settings.issuer)
        applied = await services.apply_catalogue(
            wanted,
            declared,
            actor=signed_in(request).actor,
            dry_run=body.dry_run,
            keep_until_expiry=body.keep_until_expiry,
            revoke=body.revoke,
            expected_version=body.expected_version,
        )
    return Answer(applied_document(applied))


@contract(body=CatalogueToClear, raises=CATALOGUE_REFUSED, summary="Revoke ahead of a catalogue")
async def revoke_ahead(request: web.Request) -> Answer[RevokedAhead]:
    """Some of the live tokens that this catalogue would leave with too much, ahead of it; ask on with `after`."""
    body, services = await read_body(request, CatalogueToClear), request.app[SERVICES]
    with faults_told():
        wanted, declared = CatalogueDocument.of_file(body.toml, issuer=services.settings.issuer)
        revoked, following = await services.apply_catalogue.end_some(
            wanted,
            declared,
            actor=signed_in(request).actor,
            after=_place(body.after),
        )
    return Answer(RevokedAhead(revoked=revoked, after=None if following is None else "-".join(following)))


def _place(after: str | None) -> Place:
    if after is None:
        return BEGINNING
    if not (said := _PLACE.fullmatch(after)):
        raise Faulty([Fault("after", "invalid_value", "as the answer before said it")])
    return said[1], said[2]


def applied_document(applied: Applied) -> CatalogueApplied:
    return CatalogueApplied(
        changes=[ChangeShown(**asdict(change)) for change in applied.changes],
        version=applied.version,
        in_use=dict(applied.in_use),
        beyond=applied.beyond,
        revoked=applied.revoked,
        clients=[
            ClientMade(id=client.id, name=client.name, secret=secret.reveal() if secret else None)
            for client, secret in applied.clients
        ],
        webhooks=[
            WebhookMade(id=to_wire(webhook.id), name=webhook.name, secret=secret.reveal())
            for webhook, secret in applied.webhooks
        ],
    )


@contextmanager
def faults_told() -> Iterator[None]:
    """What is wrong with a catalogue, as faults of this request."""
    try:
        yield
    except CatalogueInvalid as invalid:
        faults = [Fault(fault.path or "toml", invalid.code, fault.text) for fault in invalid.faults]
        raise Faulty(faults) from invalid
