"""Everybody's tokens: looked through, written out as CSV, revoked together."""

import csv
import io
from collections.abc import Iterable
from typing import Final

from aiohttp import hdrs, web

from service.application.inventory import InventoryListing
from service.domain.errors import Faulty
from service.domain.identifiers import to_wire
from service.domain.issuance import DAY
from service.domain.token_filter import InventoryItem, InventoryPage
from service.ui.admin_pauses import pausing_page
from service.ui.days import machine_text
from service.ui.inventory_query import InventoryQuery
from service.ui.page import see_other, show, texts_of
from service.ui.token_list import chosen
from service.ui.token_rows import rows_of
from service.web.appkeys import FORM, SERVICES
from service.web.callers import signed_in
from service.web.confirmation import demand_confirmation

_CSV_PAGE: Final = 1_000
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_COLUMNS: Final = (
    "id",
    "owner",
    "owner_kind",
    "name",
    "scopes",
    "audience",
    "state",
    "created_at",
    "expires_at",
    "last_used_at",
    "key",
)


async def admin_home(request: web.Request) -> web.Response:
    """The first tab."""
    return see_other(request, "/admin/tokens")


async def inventory_page(request: web.Request) -> web.Response:
    """Whose, what it may do, how old, last used, by which key."""
    services, query = request.app[SERVICES], InventoryQuery.of_request(request)
    now = signed_in(request).read_at
    which = await query.which(services, now)
    listing = InventoryListing(items=[], now=now, next_after=None)
    if which is not None:
        listing = await services.inventory(query.page(which))
    rows = rows_of([item.token for item in listing.items], services.current.catalogue, listing.now)
    return show(
        request,
        "admin_tokens.html",
        tab="tokens",
        query=query,
        pairs=list(zip(rows, listing.items, strict=True)),
        next_link=query.next_link(listing),
        unknown_owner=which is None,
        done=request.query.get("done", ""),
        now=listing.now,
        day=DAY,
    )


async def inventory_csv(request: web.Request) -> web.StreamResponse:
    """All that the filter means, a row each; no cell can be taken for a formula (threats 36)."""
    services, query = request.app[SERVICES], InventoryQuery.of_request(request)
    which = await query.which(services, signed_in(request).read_at)
    headers = {
        hdrs.CONTENT_TYPE: "text/csv; charset=utf-8",
        hdrs.CONTENT_DISPOSITION: 'attachment; filename="tokens.csv"',
    }
    response = web.StreamResponse(headers=headers)
    await response.prepare(request)
    await response.write(csv_lines([_COLUMNS]))
    page = None if which is None else InventoryPage(which=which, limit=_CSV_PAGE)
    while page is not None:
        listing = await services.inventory(page)
        await response.write(csv_lines(_cells(item, listing.now) for item in listing.items))
        after = listing.next_after
        page = None if after is None else InventoryPage(which=page.which, after=after, limit=_CSV_PAGE)
    await response.write_eof()
    return response


def csv_lines(rows: Iterable[tuple[str, ...]]) -> bytes:
    """Every cell quoted, and an apostrophe before what a spreadsheet would calculate."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    for row in rows:
        writer.writerow([f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in row])
    return text.getvalue().encode()


async def revoking_page(request: web.Request) -> web.Response:
    """How many would end, whose, and the question why."""
    services, query = request.app[SERVICES], InventoryQuery.of_request(request)
    if request.query.get("do") in {"pause", "resume"}:
        return await pausing_page(request, request.query["do"])
    ids, everything = chosen(request.query.getall("id", [])), request.query.get("do") == "all"
    who = signed_in(request)
    if everything and (which := await query.which(services, who.read_at)) is not None:
        found = await services.revoke_many.by_filter(which, actor=who.actor, reason="-", dry_run=True)
        ids = list(found)
    return show(
        request,
        "admin_revoke.html",
        tab="tokens",
        ids=[] if everything else [to_wire(each) for each in ids],
        count=len(ids),
        query=query,
        everything=everything,
        faults={},
        reason="",
    )


async def revoke_anyones(request: web.Request) -> web.Response:
    """All at once, with a reason; the owners' apps stop."""
    services, who, form = request.app[SERVICES], signed_in(request), request[FORM]
    reason, ids = form.text("reason").strip(), chosen(form.texts("id"))
    if not 0 < len(reason) <= 255 or not reason.isprintable():
        return show(
            request,
            "admin_revoke.html",
            status=422,
            tab="tokens",
            ids=form.texts("id"),
            count=len(ids),
            query=InventoryQuery.of(dict(form.asked())),
            everything=bool(form.text("everything")),
            faults={"reason": texts_of(request)("faults.required")},
            reason=reason,
        )
    if services.current.catalogue.policy.of(who.user).confirm == "every":
        await demand_confirmation(services, who)
    if form.text("everything"):
        query = InventoryQuery.of(dict(form.asked()))
        if (which := await query.which(services, who.read_at)) is None:
            raise Faulty([])
        await services.revoke_many.by_filter(which, actor=who.actor, reason=reason)
    else:
        await services.revoke_many.by_ids(ids, owner_id=None, actor=who.actor, reason=reason)
    return see_other(request, "/admin/tokens?done=revoked")


def _cells(item: InventoryItem, now: int) -> tuple[str, ...]:
    token = item.token
    return (
        to_wire(token.id),
        item.owner_name,
        item.owner_kind,
        token.note,
        " ".join(token.scopes),
        " ".join(token.audiences),
        token.state(now),
        machine_text(token.created_at),
        "" if token.expires_at is None else machine_text(token.expires_at),
        machine_text(token.last_use.at) if token.last_use else "",
        item.kid or "",
    )
