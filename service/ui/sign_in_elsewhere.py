"""Sign in through a provider: the way out, the way back, and the same to confirm a change."""

from typing import Final

from aiohttp import hdrs, web

from service.application.foreign_issuer import IssuerUnavailable
from service.application.provider_dialogue import AuthorizationAnswer
from service.domain.elsewhere_errors import SignInElsewhereFailed, Why
from service.domain.principal import SignedIn
from service.domain.sign_in_attempt import Purpose
from service.ui.next_page import safe_next
from service.ui.page import see_other, show
from service.ui.sign_in import show_sign_in
from service.web.appkeys import SERVICES
from service.web.attempt_cookie import attempt_of, clear_attempt_cookie, set_attempt_cookie
from service.web.credentials import SessionSecret, cookie_name, shown_credential
from service.web.device_cookie import caller_origin
from service.web.session_cookie import set_session_cookie

CONFIRMED: Final = "/confirmed"
ANSWERS: Final = "sign-ins-elsewhere"
"""What is counted of an address: answers that let nobody in, because each may cost a call to the provider."""


async def go_elsewhere(request: web.Request) -> web.Response:
    """Off to the provider; `?next=` is where one wanted to go."""
    return await _begin(request, Purpose.SIGN_IN, safe_next(request.query.get("next", "/")))


async def confirm_elsewhere(request: web.Request) -> web.Response:
    """Off to the provider, to prove there anew who one is."""
    return await _begin(request, Purpose.CONFIRM, CONFIRMED)


async def come_back(request: web.Request) -> web.Response:
    """The provider's answer becomes a session, or a sentence on the sign-in page."""
    services, settings = request.app[SERVICES], request.app[SERVICES].settings
    attempt, origin = attempt_of(request, settings), caller_origin(request, settings)
    services.address_rates.demand(ANSWERS, origin.address)
    answer = AuthorizationAnswer(
        state=_once(request, "state") or "",
        code=_once(request, "code"),
        error=_once(request, "error"),
        issuer=_once(request, "iss"),
    )
    try:
        opened = await services.elsewhere.sign_in.finish(
            request.match_info["provider"],
            attempt,
            answer,
            who=await _signed_in(request),
            origin=origin,
        )
    except SignInElsewhereFailed as failed:
        return _failed(request, failed.reason)
    except IssuerUnavailable:
        return _failed(request, Why.UNAVAILABLE)
    services.address_rates.excuse(ANSWERS, origin.address)
    response = see_other(request, safe_next(attempt.wanted) if attempt is not None else "/")
    set_session_cookie(response, opened.secret, settings)
    clear_attempt_cookie(response, settings)
    return response


async def confirmed_page(request: web.Request) -> web.Response:
    """Where one comes back to after confirming: the page with the change is still open elsewhere."""
    return show(request, "confirmed.html")


async def _begin(request: web.Request, purpose: Purpose, wanted: str) -> web.Response:
    services, settings = request.app[SERVICES], request.app[SERVICES].settings
    try:
        attempt, address = await services.elsewhere.sign_in.begin(
            request.match_info["provider"], purpose, wanted
        )
    except IssuerUnavailable:
        return _failed(request, Why.UNAVAILABLE)
    response = web.Response(status=303, headers={hdrs.LOCATION: address})
    set_attempt_cookie(response, attempt, settings)
    return response


async def _signed_in(request: web.Request) -> SignedIn | None:
    """Whoever has a session already, which only a confirmation asks for."""
    services = request.app[SERVICES]
    shown = shown_credential(request, cookie_name(secure=services.settings.secure))
    if not isinstance(shown, SessionSecret):
        return None
    return await services.sessions.find(shown.secret, shown.carrier)


def _once(request: web.Request, name: str) -> str | None:
    """A parameter that stands there once; twice is as good as never (RFC 6749 section 3.1)."""
    values = request.query.getall(name, [])
    return values[0] if len(values) == 1 else None


def _failed(request: web.Request, reason: Why) -> web.Response:
    response = show_sign_in(request, wanted="/", elsewhere=reason)
    if reason is not Why.NOT_BEGUN_HERE:
        clear_attempt_cookie(response, request.app[SERVICES].settings)
    return response
