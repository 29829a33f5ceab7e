"""The list of one's tokens, wherever it stands: on its own page, under settings, under the profile."""

from typing import Any

from aiohttp import web

from service.domain.identifiers import from_wire
from service.ui.list_query import ListQuery
from service.ui.page import see_other, show
from service.ui.token_rows import rows_of
from service.web.appkeys import SERVICES
from service.web.callers import signed_in

ONE = frozenset({"edit", "copy", "new-value"})
"""What can be done to one token at a time."""
MANY = frozenset({"pause", "resume", "remove"})
MOST = 1_000


async def tokens_page(request: web.Request) -> web.Response:
    """Name, rights, end and last use of each, 25 to a page."""
    return show(request, "tokens.html", **await listing_of(request, "/tokens"))


async def tokens_tab(request: web.Request) -> web.Response:
    """The same under Settings."""
    context = await listing_of(request, "/settings/access-tokens")
    return show(request, "settings_tokens.html", tab="access_tokens", **context)


async def listing_of(request: web.Request, here: str) -> dict[str, Any]:
    """What the list's template needs; `here` is the page it stands on."""
    services, who = request.app[SERVICES], signed_in(request)
    query, catalogue = ListQuery.of_request(request), services.current.catalogue
    listing = await services.list_tokens(query.page(who.user.id))
    return {
        "rows": rows_of(listing.tokens, catalogue, listing.now),
        "counts": await services.own_account.token_counts(who.user.id),
        "query": query,
        "next_link": query.next_link(listing),
        "families": catalogue.scopes,
        "here": here,
        "now": listing.now,
    }


async def selected_page(request: web.Request) -> web.Response:
    """What the toolbar leads to: the page of the one chosen, or the question about all of them."""
    services, who = request.app[SERVICES], signed_in(request)
    do, ids = request.query.get("do", ""), chosen(request.query.getall("id", []))
    if do in ONE and len(ids) == 1:
        wire = request.query["id"]
        return see_other(request, f"/tokens/new?from={wire}" if do == "copy" else f"/tokens/{wire}/{do}")
    tokens = []
    now = who.read_at
    for token_id in ids[:MOST] if do in MANY else ():
        token, now = await services.get_token(token_id, owner_id=who.user.id)
        tokens.append(token)
    rows = rows_of(tokens, services.current.catalogue, now)
    return show(request, "selected.html", do=do if do in ONE | MANY else "", rows=rows, now=now)


def chosen(ids: list[str] | tuple[str, ...]) -> list[str]:
    """The ids that are ids, each once."""
    return list(dict.fromkeys(token_id for each in ids if (token_id := from_wire(each))))
