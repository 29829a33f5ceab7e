"""/v1/admin/audit, and the link for a forgotten password."""

from typing import Any, Final

import msgspec
from aiohttp import web
from msgspec import UNSET, UnsetType

from service.api.answers import Answer, Created, Time
from service.api.contract import contract
from service.api.offered_links import PasswordLink, offered_link
from service.api.path_ids import path_id
from service.api.queries import read_query
from service.api.query_values import (
    LARGEST_PAGE,
    Limit,
    Onward,
    Text,
    link_on,
    read_limit,
    read_text,
    read_time,
    said_by,
)
from service.api.times import rfc3339
from service.domain.audit_page import AuditPage
from service.domain.errors import Fault, Faulty
from service.web.appkeys import SERVICES
from service.web.callers import signed_in

AUDIT: Final = "/v1/admin/audit"
_LARGEST_SEQUENCE: Final = 15


class AuditQuery(Onward, kw_only=True):
    """Those rows that meet every condition given."""

    actor: Text | UnsetType = UNSET
    action: Text | UnsetType = UNSET
    subject: Text | UnsetType = UNSET
    since: Time | UnsetType = UNSET
    until: Time | UnsetType = UNSET
    limit: Limit = LARGEST_PAGE


class AuditRow(msgspec.Struct, kw_only=True):
    """Names are there for people and machines; `chain` is the SHA-256 over the row and all before it."""

    sequence: int
    at: Time
    actor: str
    actor_name: str | None
    action: str
    subject: str
    subject_name: str | None
    detail: Any
    chain: str


@contract()
async def make_password_link(request: web.Request) -> Created[PasswordLink]:
    """The link, once, by which a person sets a new password; the present one holds until then. It may go by mail."""
    services = request.app[SERVICES]
    secret = await services.governance.password_link(path_id(request), actor=signed_in(request).actor)
    return Created(offered_link(secret, services.settings))


@contract(query=AuditQuery)
async def list_audit(request: web.Request) -> Answer[list[AuditRow]]:
    """The newest first; `Link` leads on."""
    services = request.app[SERVICES]
    listing = await services.governance.audit(_audit_page(request))
    headers = {}
    if listing.next_before is not None:
        headers = link_on(request, f"{services.settings.issuer}{AUDIT}", str(listing.next_before))
    return Answer([_row_document(row, listing.names) for row in listing.rows], headers=headers)


def _audit_page(request: web.Request) -> AuditPage:
    query = read_query(request, AuditQuery.__struct_encode_fields__)
    faults: list[Fault] = []
    before = said_by(query["cursor"][0]) if "cursor" in query else None
    if before is not None and not (before.isdecimal() and len(before) <= _LARGEST_SEQUENCE):
        faults.append(Fault("cursor", "invalid_value", "is not from this list"))
    page = AuditPage(
        actor=read_text(query, "actor", faults),
        action=read_text(query, "action", faults),
        subject=read_text(query, "subject", faults),
        since=read_time(query, "since", faults),
        until=read_time(query, "until", faults),
        before=int(before) if before is not None and not faults else None,
        limit=read_limit(query, faults),
    )
    if faults:
        raise Faulty(faults)
    return page


def _row_document(row: Any, names: Any) -> AuditRow:
    return AuditRow(
        sequence=row["sequence"],
        at=rfc3339(row["at"]),
        actor=row["actor"],
        actor_name=names.get(row["actor"].removeprefix("user:")),
        action=row["action"],
        subject=row["subject"],
        subject_name=names.get(row["subject"].removeprefix("user:")),
        detail=row["detail"],
        chain=row["chain"],
    )
