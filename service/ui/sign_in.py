"""Sign in, sign out, and the one-time links by which people set their password."""

from aiohttp import hdrs, web

from service.application.prove_factor import Ways
from service.domain.elsewhere_errors import Why
from service.domain.errors import AlreadyExists, Busy, Faulty, NotFound, Refused, SignInFailed
from service.domain.factor_errors import SecondFactorNeeded
from service.domain.second_factor import proof_of
from service.domain.secret import Secret, secret_hash
from service.domain.session import Carrier
from service.domain.user import MAX_NAME
from service.ui.faults import faults_in_words
from service.ui.next_page import safe_next
from service.ui.page import see_other, show, texts_of
from service.ui.second_step import second_step_page
from service.ui.signed_in import opened_page
from service.web.appkeys import FORM, SERVICES
from service.web.callers import signed_in
from service.web.client_address import caller_address
from service.web.device_cookie import caller_origin
from service.web.session_cookie import clear_session_cookie


async def sign_in_page(request: web.Request) -> web.Response:
    """Name and password; `?next=` is where one wanted to go."""
    return show_sign_in(request, wanted=safe_next(request.query.get("next", "/")))


async def sign_in(request: web.Request) -> web.Response:
    """A session in a cookie, or the page again with one sentence for every reason (R46)."""
    services, form = request.app[SERVICES], request[FORM]
    name, wanted = form.text("name").strip(), safe_next(form.text("next") or "/")
    try:
        opened = await services.sessions.sign_in(
            name[:MAX_NAME],
            Secret(form.text("password")[:1_024]),
            carrier=Carrier.COOKIE,
            origin=caller_origin(request, services.settings),
        )
    except SecondFactorNeeded as needed:
        return await second_step_page(request, needed.ticket, wanted)
    except SignInFailed:
        return show_sign_in(request, wanted=wanted, name=name, failed=True)
    except Busy as busy:
        return show_sign_in(request, wanted=wanted, name=name, wait=busy.retry_after)
    return opened_page(request, opened, wanted)


async def sign_out(request: web.Request) -> web.Response:
    """End the session on the server, and say so."""
    services = request.app[SERVICES]
    await services.sessions.sign_out(signed_in(request))
    response = see_other(request, "/sign-in?signed_out=1")
    clear_session_cookie(response, services.settings)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


async def forgotten_page(request: web.Request) -> web.Response:
    """What to do about a forgotten password."""
    return _forgotten(request)


async def forgotten(request: web.Request) -> web.Response:
    """A link goes to the address of who is called so; the page says the same whether there is one."""
    services, name = request.app[SERVICES], request[FORM].text("name").strip()
    by_mail = services.notices.forgotten_password
    services.address_rates.demand("forgotten-password", caller_address(request, services.settings))
    if by_mail is None or not 0 < len(name) <= MAX_NAME:
        return _forgotten(request)
    by_mail.ask(name)
    return _forgotten(request, asked=True)


def _forgotten(request: web.Request, *, asked: bool = False) -> web.Response:
    by_mail = request.app[SERVICES].notices.forgotten_password is not None
    return show(request, "forgotten.html", by_mail=by_mail, asked=asked, faults={})


async def welcome_page(request: web.Request) -> web.Response:
    """Where one-time links lead. The secret stands behind the `#`: a script puts it into the form, or people do."""
    return _welcome(request)


async def welcome(request: web.Request) -> web.Response:
    """Set the password by a one-time link: whoever had the link is signed in."""
    services, form = request.app[SERVICES], request[FORM]
    origin = caller_origin(request, services.settings)
    name, secret = form.text("name").strip(), form.text("secret").strip().rpartition("#")[2]
    try:
        services.address_rates.demand("invitations", origin.address)
        opened = await services.invitations.accept(
            Secret(secret[:128]),
            Secret(form.text("password")[:1_024]),
            name=name or None,
            carrier=Carrier.COOKIE,
            origin=origin,
            proof=proof_of(form.text("code")[:64], passkey=form.text("passkey"), binding=_binding(secret)),
        )
    except (SecondFactorNeeded, SignInFailed) as asked:
        ways = await services.second_factors.prove.of_link(Secret(secret[:128]), binding=_binding(secret))
        return _welcome(request, secret=secret, name=name, ways=ways, failed=isinstance(asked, SignInFailed))
    except (Faulty, NotFound, AlreadyExists, Busy) as refused:
        return _welcome(request, secret=secret, name=name, refused=refused)
    services.address_rates.excuse("invitations", origin.address)
    return opened_page(request, opened, "/")


def show_sign_in(
    request: web.Request,
    *,
    wanted: str,
    name: str = "",
    failed: bool = False,
    wait: int | None = None,
    elsewhere: Why | None = None,
) -> web.Response:
    """The page, which says what went wrong here or `elsewhere`."""
    status = 429 if wait else 503 if elsewhere is Why.UNAVAILABLE else 401 if failed or elsewhere else 200
    response = show(
        request,
        "sign_in.html",
        status=status,
        wanted=wanted,
        name=name,
        failed=failed,
        wait=wait,
        signed_out="signed_out" in request.query,
        again="again" in request.query,
        providers=request.app[SERVICES].elsewhere.providers,
        elsewhere=elsewhere,
    )
    if status == 401:
        response.headers[hdrs.WWW_AUTHENTICATE] = "Form"
    if wait:
        response.headers[hdrs.RETRY_AFTER] = str(wait)
    return response


def _welcome(
    request: web.Request,
    *,
    secret: str = "",
    name: str = "",
    refused: Refused | None = None,
    ways: Ways | None = None,
    failed: bool = False,
) -> web.Response:
    texts = texts_of(request)
    faults = faults_in_words(refused, texts)
    if isinstance(refused, NotFound):
        faults["secret"] = texts("faults.secret.dead")
    elif isinstance(refused, AlreadyExists):
        faults["name"] = texts("faults.name.taken")
    wait = refused.retry_after if isinstance(refused, Busy) else None
    return show(
        request,
        "welcome.html",
        status=(401 if failed else 200) if refused is None else 429 if wait else 422,
        secret=secret,
        name=name,
        faults=faults,
        wait=wait,
        ways=ways,
        failed=failed,
    )


def _binding(secret: str) -> str:
    """For what a passkey's answer counts beside a one-time link."""
    return f"link:{secret_hash(Secret(secret))}"
