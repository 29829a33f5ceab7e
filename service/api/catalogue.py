"""/v1/admin/catalogue: what `safeconduct apply` asks for."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any, Final

import msgspec
from aiohttp import web
from safeconduct.document import CatalogueInvalid

from service.api.answers import json_answer
from service.api.bodies import read_body
from service.application.catalogue import Applied
from service.application.overreach import BEGINNING, Place
from service.domain.catalogue import CatalogueDocument
from service.domain.errors import Fault, Faulty
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


async def apply_catalogue(request: web.Request) -> web.Response:
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
    return json_answer(applied_document(applied))


async def revoke_ahead(request: web.Request) -> web.Response:
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
    return json_answer({"revoked": revoked, "after": None if following is None else "-".join(following)})


def _place(after: str | None) -> Place:
    if after is None:
        return BEGINNING
    if not (said := _PLACE.fullmatch(after)):
        raise Faulty([Fault("after", "invalid_value", "as the answer before said it")])
    return said[1], said[2]


def applied_document(applied: Applied) -> dict[str, Any]:
    """`in_use`: of each scope that goes the number of live tokens that hold it; `beyond`: how many carry too much.

    `clients` are those that are new, with their secrets, shown in this answer only.
    """
    return {
        "changes": [asdict(change) for change in applied.changes],
        "version": applied.version,
        "in_use": dict(applied.in_use),
        "beyond": applied.beyond,
        "revoked": applied.revoked,
        "clients": [
            {"id": client.id, "name": client.name, "secret": secret.reveal() if secret else None}
            for client, secret in applied.clients
        ],
    }


@contextmanager
def faults_told() -> Iterator[None]:
    """What is wrong with a catalogue, as faults of this request."""
    try:
        yield
    except CatalogueInvalid as invalid:
        faults = [Fault(fault.path or "toml", invalid.code, fault.text) for fault in invalid.faults]
        raise Faulty(faults) from invalid
