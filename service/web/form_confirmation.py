"""A page's change that brings the confirmation along: the password, typed into the dialog that came in between."""

from aiohttp import web

from service.application.sign_in import OpenedSession
from service.domain.principal import SignedIn
from service.domain.secret import Secret
from service.web.appkeys import FORM, PRINCIPAL
from service.web.device_cookie import caller_origin, set_device_cookie
from service.web.page_forms import PASSWORD_FIELD
from service.web.services import Services
from service.web.session_cookie import set_session_cookie

RENEWED: web.RequestKey[OpenedSession] = web.RequestKey("renewed", OpenedSession)
"""The session under its new secret (R48), which the answer has to set whatever becomes of the change."""


async def confirm_by_form(services: Services, request: web.Request) -> None:
    """Confirm the session if the form brings a password, before anybody asks how old its confirmation is.

    Raises:
        SignInFailed, Busy: as for every path that takes a password (R47).
        NotSignedIn: the session ended meanwhile.
    """
    who, form = request[PRINCIPAL], request[FORM]
    if not isinstance(who, SignedIn) or not (password := form.text(PASSWORD_FIELD)):
        return
    origin = caller_origin(request, services.settings)
    opened = await services.sessions.confirm(who, Secret(password), origin=origin)
    request[RENEWED] = opened
    request[PRINCIPAL] = SignedIn(opened.user, opened.session, opened.session.confirmed_at)


def carry_renewed(services: Services, request: web.Request, response: web.StreamResponse) -> None:
    """Give the browser the secret under which its session goes on."""
    opened = request.get(RENEWED)
    if opened is None:
        return
    set_session_cookie(response, opened.secret, services.settings)
    if opened.device is not None:
        set_device_cookie(response, opened.device, services.settings)
