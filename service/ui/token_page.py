"""One token's own page: everything about it, and all that can be done to it."""

from aiohttp import web

from service.domain.absence import ABSENCE
from service.domain.identifiers import from_wire, to_wire
from service.domain.token import Token, TokenState
from service.domain.token_page import TokenPage
from service.ui.page import show
from service.ui.token_rows import Row, rows_of, scope_titles
from service.ui.whose import Reached, list_of, reached
from service.web.appkeys import SERVICES

_CHILDREN = 100
_ALL = frozenset(TokenState)


async def token_page(request: web.Request) -> web.Response:
    """Where mails lead: rights in words, end, use, what it made, and the buttons."""
    found = await reached(request)
    return await _show(request, found, back=list_of(found.owner), reading=False)


async def anyones_token_page(request: web.Request) -> web.Response:
    """The same for administrators and auditors, without a button: everything about it, the receipt of its end too."""
    services = request.app[SERVICES]
    item, now = await services.inventory.one(from_wire(request.match_info["id"]) or "")
    owner = await services.find_user.get(item.token.owner_id)
    found = Reached(token=item.token, owner=owner, kid=item.kid, now=now)
    return await _show(request, found, back="/admin/tokens", reading=True)


async def _show(request: web.Request, found: Reached, *, back: str, reading: bool) -> web.Response:
    token, now, services = found.token, found.now, request.app[SERVICES]
    catalogue = services.current.catalogue
    [row] = rows_of([token], catalogue, now)
    unused = await unused_scopes(request, token) if row.state is TokenState.ACTIVE else ()
    names = {audience.id: audience.name for audience in catalogue.audiences}
    return show(
        request,
        "token.html",
        row=row,
        token=token,
        owner=found.owner,
        kid=found.kid,
        list_address=back,
        reading=reading,
        root="/admin/tokens/" if reading else "/tokens/",
        words=catalogue.scopes.in_words(token.scopes),
        audiences=[names.get(each, each) for each in token.audiences],
        many_audiences=len(catalogue.audiences) > 1,
        receipt=await services.receipts(token.id, owner_id=token.owner_id) if token.revoked_at else None,
        refusals=await services.usage.refusals(token.id, owner_id=token.owner_id),
        unused=scope_titles(unused, catalogue),
        children=await _children(request, token),
        parent_id=to_wire(token.parent_id) if token.parent_id else "",
        absence=ABSENCE,
        now=now,
        done=request.query.get("done", ""),
    )


async def unused_scopes(request: web.Request, token: Token) -> tuple[str, ...]:
    """Those that no reported use of the last 90 days needed; none where no API reports what it demands."""
    used = await request.app[SERVICES].usage.used_scopes(token)
    return () if used is None else tuple(scope for scope in token.scopes if scope not in used)


async def _children(request: web.Request, token: Token) -> list[Row]:
    if token.parent_id is not None:
        return []
    services = request.app[SERVICES]
    page = TokenPage(owner_id=token.owner_id, parent_id=token.id, states=_ALL, limit=_CHILDREN)
    listing = await services.list_tokens(page)
    return rows_of(listing.tokens, services.current.catalogue, listing.now)
