"""Check a token: what it says is read in the browser; whether it holds is asked of the service (threats 30)."""

from aiohttp import web

from service.domain.errors import Busy
from service.domain.identifiers import to_wire
from service.ui.page import show
from service.ui.token_rows import rows_of
from service.web.appkeys import FORM, SERVICES
from service.web.callers import signed_in
from service.web.client_address import caller_address

_LONGEST = 8_192


async def check_page(request: web.Request) -> web.Response:
    """A field to paste into."""
    return _show(request)


async def check(request: web.Request) -> web.Response:
    """What this person may know of it: everything of their own, one sentence for all the rest."""
    services, who = request.app[SERVICES], signed_in(request)
    pasted = request[FORM].text("token").strip()
    value = pasted.partition(" ")[2].strip() if pasted.lower().startswith("bearer ") else pasted
    try:
        address = caller_address(request, services.settings)
        checked = await services.usage.check(value[:_LONGEST], who=who, address=address)
    except Busy as busy:
        return _show(request, status=429, wait=busy.retry_after)
    if checked is None:
        return _show(
            request, verdict="unknown", had_bearer=value != pasted, looks_whole=value.count(".") == 2
        )
    [row] = rows_of([checked.token], services.current.catalogue, checked.now)
    return _show(
        request,
        verdict=checked.reason or "holds",
        had_bearer=value != pasted,
        row=row,
        words=services.current.catalogue.scopes.in_words(checked.token.scopes),
        is_own=checked.token.owner_id == who.user.id,
        token_id=to_wire(checked.token.id),
        now=checked.now,
    )


def _show(request: web.Request, *, status: int = 200, **context: object) -> web.Response:
    usual = {
        "verdict": "",
        "had_bearer": False,
        "looks_whole": True,
        "row": None,
        "words": "",
        "is_own": False,
        "token_id": "",
        "wait": None,
    }
    return show(request, "check.html", status=status, **{**usual, **context})
