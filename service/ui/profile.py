"""One's profile: where one's tokens were used, and the tokens."""

from aiohttp import web

from service.domain.identifiers import to_wire
from service.domain.token_page import TokenPage
from service.ui.page import show
from service.ui.token_list import listing_of
from service.ui.token_rows import rows_of
from service.web.appkeys import SERVICES
from service.web.callers import signed_in

_APPS = 20


async def profile_page(request: web.Request) -> web.Response:
    """*Your apps*: the uses that were reported, the last one first, with the token that each used."""
    services, who = request.app[SERVICES], signed_in(request)
    page = TokenPage(owner_id=who.user.id, sort="last_used", limit=_APPS)
    listing = await services.list_tokens(page)
    rows = rows_of(listing.tokens, services.current.catalogue, listing.now)
    machines, _ = await services.machines.page(responsible_id=who.user.id)
    return show(
        request,
        "profile.html",
        apps=[row for row in rows if row.token.latest_use],
        machines=[(to_wire(each.user.id), each) for each in machines],
        **await listing_of(request, "/profile"),
    )
