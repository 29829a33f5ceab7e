"""The one-button page: for who needs one token and no list."""

from dataclasses import replace

from aiohttp import web

from service.domain.token import TokenState
from service.domain.token_page import TokenPage
from service.ui.choices import all_rights, choices_of
from service.ui.days import zone_of
from service.ui.page import texts_of
from service.ui.token_form import CUSTOM, TokenForm
from service.ui.token_new import make, show_form
from service.ui.token_rows import Row, rows_of
from service.web.appkeys import FORM, SERVICES
from service.web.callers import signed_in

_STANDING = frozenset({TokenState.ACTIVE, TokenState.EXPIRED, TokenState.SUSPENDED})


async def one_token_page(request: web.Request) -> web.Response:
    """The newest token's state, or the short form for the first one."""
    services, who = request.app[SERVICES], signed_in(request)
    catalogue = services.current.catalogue
    listing = await services.list_tokens(TokenPage(owner_id=who.user.id, states=_STANDING, limit=1))
    rows = rows_of(listing.tokens, catalogue, listing.now)
    form = TokenForm.blank(choices_of(catalogue, who.user, listing.now, zone_of(request)))
    if services.settings.pages_mode == "simple":
        form = replace(form, note=texts_of(request)("one.note"), rights=CUSTOM)
    return await _show(request, form, rows[0] if rows else None)


async def create_one_token(request: web.Request) -> web.Response:
    """The value, once. In simple mode it carries all rights of its owner."""
    services, who = request.app[SERVICES], signed_in(request)
    typed = TokenForm.typed(request[FORM])
    if services.settings.pages_mode == "simple":
        typed = replace(typed, rights=CUSTOM, scopes=all_rights(services.current.catalogue, who.user))
    return await make(request, typed, again="one_token.html")


async def _show(request: web.Request, form: TokenForm, row: Row | None) -> web.Response:
    return await show_form(request, form, title="new", template="one_token.html", row=row)
