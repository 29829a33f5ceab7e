"""The second step of signing in, for who has a second factor."""

from aiohttp import hdrs, web

from service.application.prove_factor import Ways
from service.domain.errors import Busy, NotSignedIn, SignInFailed
from service.domain.factor_errors import SecondFactorNeeded
from service.domain.second_factor import proof_of
from service.domain.secret import Secret, secret_hash
from service.domain.session import Carrier
from service.ui.next_page import safe_next
from service.ui.page import see_other, show
from service.ui.signed_in import opened_page
from service.web.appkeys import FORM, SERVICES
from service.web.device_cookie import caller_origin


async def second_step_page(
    request: web.Request,
    ticket: Secret,
    wanted: str,
    *,
    failed: bool = False,
    wait: int | None = None,
) -> web.Response:
    """The question for a code or a passkey. `ticket` stands for the password that was given."""
    prove = request.app[SERVICES].second_factors.prove
    user = await prove.holder(ticket)
    ways = await prove.ways(user.id, binding=_binding(ticket)) if user else Ways(())
    response = show(
        request,
        "second_step.html",
        status=429 if wait else 401 if failed else 200,
        ticket=ticket.reveal(),
        wanted=wanted,
        ways=ways,
        failed=failed,
        wait=wait,
    )
    if failed:
        response.headers[hdrs.WWW_AUTHENTICATE] = "Form"
    if wait:
        response.headers[hdrs.RETRY_AFTER] = str(wait)
    return response


async def second_step(request: web.Request) -> web.Response:
    """A session, or the question again; after five minutes the password again."""
    services, form = request.app[SERVICES], request[FORM]
    ticket, wanted = Secret(form.text("ticket")[:128]), safe_next(form.text("next") or "/")
    try:
        opened = await services.sessions.finish(
            ticket,
            carrier=Carrier.COOKIE,
            origin=caller_origin(request, services.settings),
            proof=proof_of(form.text("code")[:64], passkey=form.text("passkey"), binding=_binding(ticket)),
        )
    except NotSignedIn:
        return see_other(request, "/sign-in?again=1")
    except (SignInFailed, SecondFactorNeeded):
        return await second_step_page(request, ticket, wanted, failed=True)
    except Busy as busy:
        return await second_step_page(request, ticket, wanted, wait=busy.retry_after)
    return opened_page(request, opened, wanted)


def _binding(ticket: Secret) -> str:
    return f"ticket:{secret_hash(ticket)}"
