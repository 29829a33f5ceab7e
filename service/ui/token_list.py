"""The list of one's tokens, wherever it stands: on its own page, under settings, under the profile."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from aiohttp import web

from service.domain.identifiers import from_wire
from service.domain.token import Token
from service.domain.user import User
from service.ui.list_query import ListQuery
from service.ui.page import see_other, show
from service.ui.token_rows import rows_of
from service.ui.whose import list_of, machine_of, reached
from service.web.appkeys import SERVICES
from service.web.callers import signed_in

ONE = frozenset({"edit", "copy", "new-value"})
"""What can be done to one token at a time."""
MANY = frozenset({"pause", "resume", "remove"})
MOST = 1_000
FITS: Final[Mapping[str, Callable[[Token], bool]]] = {
    "pause": lambda token: token.suspended_at is None and token.revoked_at is None,
    "resume": lambda token: token.suspended_at is not None and token.revoked_at is None,
    "remove": lambda token: token.revoked_at is None,
}
"""Which tokens each can be done to."""


async def tokens_page(request: web.Request) -> web.Response:
    """Name, rights, end and last use of each, 25 to a page."""
    return show(request, "tokens.html", **await listing_of(request, "/tokens"))


async def tokens_tab(request: web.Request) -> web.Response:
    """The same under Settings."""
    context = await listing_of(request, "/settings/access-tokens")
    return show(request, "settings_tokens.html", tab="access_tokens", **context)


async def listing_of(request: web.Request, here: str, owner: User | None = None) -> dict[str, Any]:
    """What the list's template needs; `here` is the page it stands on. Without an `owner` the tokens are one's own."""
    services, owner = request.app[SERVICES], owner or signed_in(request).user
    query, catalogue = ListQuery.of_request(request), services.current.catalogue
    listing = await services.list_tokens(query.page(owner.id))
    return {
        "rows": rows_of(listing.tokens, catalogue, listing.now),
        "counts": await services.own_account.token_counts(owner.id),
        "query": query,
        "next_link": query.next_link(listing),
        "families": catalogue.scopes,
        "here": here,
        "machine": machine_of(owner),
        "now": listing.now,
    }


async def selected_page(request: web.Request) -> web.Response:
    """What the toolbar leads to: the page of the one chosen, or the question about all of them."""
    who = signed_in(request)
    do, ids = request.query.get("do", ""), chosen(request.query.getall("id", []))
    if do in ONE and len(ids) == 1:
        wire = request.query["id"]
        return see_other(request, f"/tokens/new?from={wire}" if do == "copy" else f"/tokens/{wire}/{do}")
    found = [await reached(request, token_id) for token_id in (ids[:MOST] if do in MANY else ())]
    owner = found[0].owner if found else who.user
    tokens = [each.token for each in found if each.owner.id == owner.id]
    return show_chosen(
        request, do if do in ONE | MANY else "", tokens, machine=machine_of(owner), back=list_of(owner)
    )


def show_chosen(
    request: web.Request,
    do: str,
    tokens: Sequence[Token],
    *,
    back: str,
    root: str = "/tokens",
    machine: str = "",
) -> web.Response:
    """The question about those of them that it can be done to; the form goes below `root`."""
    now = signed_in(request).read_at
    fitting = [token for token in tokens if do in FITS and FITS[do](token)]
    rows = rows_of(fitting, request.app[SERVICES].current.catalogue, now)
    return show(
        request, "selected.html", do=do, rows=rows, now=now, root=root, machine=machine, list_address=back
    )


def chosen(ids: list[str] | tuple[str, ...]) -> list[str]:
    """The ids that are ids, each once."""
    return list(dict.fromkeys(token_id for each in ids if (token_id := from_wire(each))))
