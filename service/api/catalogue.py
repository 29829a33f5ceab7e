"""POST /v1/admin/catalogue: what `safeconduct apply` asks for."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

import msgspec
from aiohttp import web
from safeconduct.document import CatalogueInvalid

from service.api.answers import json_answer
from service.api.bodies import read_body
from service.application.catalogue import Applied
from service.domain.catalogue import CatalogueDocument
from service.domain.errors import Fault, Faulty
from service.web.appkeys import SERVICES
from service.web.callers import signed_in

LONGEST_CATALOGUE = 262_144
"""Bytes of a body: a catalogue of some hundred scopes with their words is a tenth of it."""


class CatalogueToApply(msgspec.Struct, kw_only=True):
    """POST /v1/admin/catalogue. `expected_version` is the one whose difference was looked at."""

    toml: str
    dry_run: bool = False
    keep_until_expiry: bool = False
    expected_version: int | None = None


async def apply_catalogue(request: web.Request) -> web.Response:
    body = await read_body(request, CatalogueToApply)
    services = request.app[SERVICES]
    with faults_told():
        applied = await services.apply_catalogue(
            CatalogueDocument.from_toml(body.toml, issuer=services.settings.issuer),
            actor=signed_in(request).actor,
            dry_run=body.dry_run,
            keep_until_expiry=body.keep_until_expiry,
            expected_version=body.expected_version,
        )
    return json_answer(applied_document(applied))


def applied_document(applied: Applied) -> dict[str, Any]:
    """`in_use`: of each scope that goes the number of live tokens that hold it."""
    return {
        "changes": [asdict(change) for change in applied.changes],
        "version": applied.version,
        "in_use": dict(applied.in_use),
    }


@contextmanager
def faults_told() -> Iterator[None]:
    """What is wrong with a catalogue, as faults of this request."""
    try:
        yield
    except CatalogueInvalid as invalid:
        faults = [Fault(fault.path or "toml", invalid.code, fault.text) for fault in invalid.faults]
        raise Faulty(faults) from invalid
