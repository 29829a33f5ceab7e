"""One's own account: password and sessions."""

from aiohttp import web

from service.domain.errors import Busy, Faulty, NotFound, SignInFailed
from service.domain.factor_errors import SecondFactorNeeded
from service.domain.identifiers import from_wire, to_wire
from service.domain.secret import Secret
from service.ui.factors import change_binding, section, typed_proof
from service.ui.faults import faults_in_words
from service.ui.page import see_other, show, texts_of
from service.ui.programs import program_of
from service.web.appkeys import FORM, SERVICES
from service.web.callers import signed_in
from service.web.device_cookie import caller_origin, set_device_cookie
from service.web.session_cookie import clear_session_cookie, set_session_cookie


async def settings_page(request: web.Request) -> web.Response:
    """The first tab."""
    return see_other(request, "/settings/access-tokens")


async def security_page(request: web.Request) -> web.Response:
    """Second factors, and the password."""
    return await _security(request, faults={}, changed="changed" in request.query)


async def change_password(request: web.Request) -> web.Response:
    """Another password; all other sessions end."""
    services, who, form = request.app[SERVICES], signed_in(request), request[FORM]
    texts, settings = texts_of(request), services.settings
    try:
        opened = await services.own_account.change_password(
            who,
            Secret(form.text("present")[:1_024]),
            Secret(form.text("password")[:1_024]),
            origin=caller_origin(request, settings),
            proof=typed_proof(request, change_binding(request)),
        )
    except Faulty as faulty:
        return await _security(request, faults=faults_in_words(faulty, texts))
    except SecondFactorNeeded:
        return await _security(request, faults={"code": texts("faults.required")})
    except SignInFailed:
        place = "present_and_factor" if who.has_second_factor else "present"
        return await _security(request, faults={"present": texts(f"faults.{place}.wrong")})
    except Busy as busy:
        return await _security(request, faults={"present": texts("sign_in.wait", seconds=busy.retry_after)})
    response = see_other(request, "/settings/security?changed=1")
    set_session_cookie(response, opened.secret, settings)
    if opened.device is not None:
        set_device_cookie(response, opened.device, settings)
    return response


async def _security(request: web.Request, *, faults: dict[str, str], changed: bool = False) -> web.Response:
    return show(
        request,
        "security.html",
        status=422 if faults else 200,
        faults=faults,
        changed=changed,
        done=request.query.get("done", ""),
        tab="security",
        **await section(request),
    )


async def sessions_page(request: web.Request) -> web.Response:
    """Where one is signed in, this session first."""
    who, texts = signed_in(request), texts_of(request)
    sessions = await request.app[SERVICES].own_account.sessions(who)
    rows = [
        {
            "id": to_wire(each.id),
            "session": each,
            "program": program_of(each.opened_with, texts),
            "is_this": each.id == who.session.id,
        }
        for each in sorted(sessions, key=lambda each: each.id != who.session.id)
    ]
    return show(request, "sessions.html", rows=rows, tab="sessions")


async def end_session(request: web.Request) -> web.Response:
    """End one, or all others."""
    services, who = request.app[SERVICES], signed_in(request)
    said = request[FORM].text("session")
    if said == "others":
        await services.own_account.sessions.end_others(who)
        return see_other(request, "/settings/sessions")
    session_id = from_wire(said)
    if session_id is None:
        raise NotFound("no such session")
    await services.own_account.sessions.end(who, session_id)
    response = see_other(request, "/sign-in" if session_id == who.session.id else "/settings/sessions")
    if session_id == who.session.id:
        clear_session_cookie(response, services.settings)
    return response
