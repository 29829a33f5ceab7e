"""One token's own page: everything about it, and all that can be done to it."""

from aiohttp import web

from service.domain.identifiers import from_wire
from service.domain.token import Token, TokenState
from service.ui.page import show
from service.ui.token_rows import rows_of, scope_titles
from service.web.appkeys import SERVICES
from service.web.callers import signed_in


async def token_page(request: web.Request) -> web.Response:
    """Where mails lead: rights in words, end, use, and the buttons."""
    token, now = await own_token(request)
    services = request.app[SERVICES]
    catalogue = services.current.catalogue
    [row] = rows_of([token], catalogue, now)
    used = await services.usage.used_scopes(token) if row.state is TokenState.ACTIVE else None
    names = {audience.id: audience.name for audience in catalogue.audiences}
    return show(
        request,
        "token.html",
        row=row,
        token=token,
        words=catalogue.scopes.in_words(token.scopes),
        audiences=[names.get(each, each) for each in token.audiences],
        many_audiences=len(catalogue.audiences) > 1,
        receipt=await services.receipts(token.id, owner_id=token.owner_id) if token.revoked_at else None,
        refusals=await services.usage.refusals(token.id, owner_id=token.owner_id),
        unused=[] if used is None else scope_titles([s for s in token.scopes if s not in used], catalogue),
        now=now,
        done=request.query.get("done", ""),
    )


async def own_token(request: web.Request) -> tuple[Token, int]:
    """The token of the address, and the time. Raises NotFound."""
    who = signed_in(request)
    token_id = from_wire(request.match_info["id"]) or ""
    return await request.app[SERVICES].get_token(token_id, owner_id=who.user.id)
