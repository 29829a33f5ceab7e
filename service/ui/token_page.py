"""One token's own page: everything about it, and all that can be done to it."""

from aiohttp import web

from service.domain.identifiers import from_wire
from service.domain.token import Token
from service.ui.page import show
from service.ui.token_rows import rows_of
from service.web.appkeys import SERVICES
from service.web.callers import signed_in


async def token_page(request: web.Request) -> web.Response:
    """Where mails lead: rights in words, end, use, and the buttons."""
    token, now = await own_token(request)
    services = request.app[SERVICES]
    catalogue = services.current.catalogue
    [row] = rows_of([token], catalogue, now)
    names = {audience.id: audience.name for audience in catalogue.audiences}
    return show(
        request,
        "token.html",
        row=row,
        token=token,
        words=catalogue.scopes.in_words(token.scopes),
        audiences=[names.get(each, each) for each in token.audiences],
        many_audiences=len(catalogue.audiences) > 1,
        now=now,
        done=request.query.get("done", ""),
    )


async def own_token(request: web.Request) -> tuple[Token, int]:
    """The token of the address, and the time. Raises NotFound."""
    who = signed_in(request)
    token_id = from_wire(request.match_info["id"]) or ""
    return await request.app[SERVICES].get_token(token_id, owner_id=who.user.id)
