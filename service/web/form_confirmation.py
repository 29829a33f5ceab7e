"""A page's change that brings the confirmation along: password and second factor, or a passkey, given in the dialog
that came in between.
"""

from dataclasses import replace

from aiohttp import web

from service.application.sign_in import OpenedSession
from service.domain.principal import SignedIn
from service.domain.second_factor import proof_of
from service.domain.secret import Secret
from service.web.appkeys import FORM, PRINCIPAL
from service.web.device_cookie import caller_origin, set_device_cookie
from service.web.page_forms import ASKED_FIELD, CODE_FIELD, PASSKEY_FIELD, PASSWORD_FIELD, Form
from service.web.services import Services
from service.web.session_cookie import set_session_cookie

RENEWED: web.RequestKey[OpenedSession] = web.RequestKey("renewed", OpenedSession)
"""The session under its new secret (R48), which the answer has to set whatever becomes of the change."""


async def confirm_by_form(services: Services, request: web.Request) -> None:
    """Confirm the session if the form brings what that takes, before anybody asks how old its confirmation is.

    Raises:
        SignInFailed, SecondFactorNeeded, Busy: as for every path that takes a password (R47).
        NotSignedIn: the session ended meanwhile.
    """
    who, form = request[PRINCIPAL], request[FORM]
    if not isinstance(who, SignedIn) or not brings_confirmation(form):
        return
    proof = proof_of(form.text(CODE_FIELD), passkey=form.text(PASSKEY_FIELD), binding=who.session.id)
    password = form.text(PASSWORD_FIELD)
    opened = await services.sessions.confirm(
        who,
        Secret(password) if password else None,
        origin=caller_origin(request, services.settings),
        proof=proof,
    )
    request[RENEWED] = opened
    request[PRINCIPAL] = replace(
        who, user=opened.user, session=opened.session, read_at=opened.session.confirmed_at
    )


def brings_confirmation(form: Form) -> bool:
    """Whether somebody answered the question for it: by a password, or by a passkey alone."""
    return bool(form.text(PASSWORD_FIELD) or form.text(PASSKEY_FIELD))


def is_answered(request: web.Request) -> bool:
    """Whether the form brings the answer to the question for a confirmation, or it was given elsewhere since then."""
    who, form = request[PRINCIPAL], request[FORM]
    asked_at = form.text(ASKED_FIELD)
    since = int(asked_at) if asked_at.isascii() and asked_at.isdecimal() and len(asked_at) < 16 else None
    given = since is not None and isinstance(who, SignedIn) and who.session.confirmed_at >= since
    return brings_confirmation(form) or given


def carry_renewed(services: Services, request: web.Request, response: web.StreamResponse) -> None:
    """Give the browser the secret under which its session goes on."""
    opened = request.get(RENEWED)
    if opened is None:
        return
    set_session_cookie(response, opened.secret, services.settings)
    if opened.device is not None:
        set_device_cookie(response, opened.device, services.settings)
