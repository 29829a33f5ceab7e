"""Errors as people meet them: sign in first, give the password, or a page that says what is wrong and what to do."""

from typing import Final
from urllib.parse import urlencode

from aiohttp import hdrs, web
from safeconduct.errors import SafeconductError

from service.domain.errors import Busy, ConfirmationNeeded, NotSignedIn, SignInFailed
from service.domain.factor_errors import SecondFactorMissing, SecondFactorNeeded
from service.ui.next_page import this_page
from service.ui.page import see_other, show, texts_of
from service.web.appkeys import FORM, SERVICES
from service.web.callers import signed_in
from service.web.error_answers import REQUEST_ID_HEADER
from service.web.form_confirmation import brings_confirmation
from service.web.problems import problem_of

_BY_STATUS: Final = {400: "refused", 403: "not_allowed", 404: "not_found", 405: "not_found"}


class ErrorPages:
    """Service.web's `PageErrors`."""

    async def refused(self, request: web.Request, error: SafeconductError, request_id: str) -> web.Response:
        if isinstance(error, NotSignedIn) and request.method in {"GET", "HEAD"}:
            wanted = this_page(request, request.app[SERVICES].settings.issuer_path)
            return see_other(
                request, "/sign-in" + (f"?{urlencode({'next': wanted})}" if wanted != "/" else "")
            )
        if isinstance(error, SecondFactorMissing):
            return see_other(request, "/settings/security?needed=1")
        if isinstance(error, ConfirmationNeeded):
            return await _question(request)
        asked = FORM in request and brings_confirmation(request[FORM])
        if asked and isinstance(error, SignInFailed | SecondFactorNeeded | Busy):
            return await _question(request, wrong=error)
        problem = problem_of(error)
        response = self._page(request, problem.status, error.code, request_id)
        retry_after = error.retry_after if isinstance(error, Busy) else problem.retry_after
        if retry_after is not None:
            response.headers[hdrs.RETRY_AFTER] = str(retry_after)
        return response

    def failed(self, request: web.BaseRequest, status: int, request_id: str) -> web.Response:
        if not isinstance(request, web.Request):
            return web.Response(status=status)
        code = _BY_STATUS.get(status, "refused" if status < 500 else "internal_error")
        return self._page(request, status, code, request_id)

    def _page(self, request: web.Request, status: int, code: str, request_id: str) -> web.Response:
        texts = texts_of(request)
        known = code if texts.find(f"errors.{code}.title") else _fallback(status)
        asked = request[FORM].asked() if FORM in request and status >= 500 else ()
        response = show(
            request,
            "error.html",
            status=status,
            code=known,
            status_code=status,
            request_id=request_id,
            asked=asked,
        )
        response.headers[REQUEST_ID_HEADER] = request_id
        return response


def _fallback(status: int) -> str:
    if status >= 500:
        return "unavailable" if status == 503 else "internal_error"
    return {401: "not_signed_in", 403: "not_allowed", 404: "not_found", 409: "wrong_state"}.get(
        status, "refused"
    )


async def _question(request: web.Request, *, wrong: SafeconductError | None = None) -> web.Response:
    """The form again, behind the question for the password: nothing typed is lost."""
    who = signed_in(request)
    prove = request.app[SERVICES].second_factors.prove
    wait = wrong.retry_after if isinstance(wrong, Busy) else None
    return show(
        request,
        "confirm.html",
        status=200 if wait is None else 429,
        asked=request[FORM].asked(),
        wrong=wrong is not None and wait is None,
        wait=wait,
        ways=await prove.ways(who.user.id, binding=who.session.id) if who.has_second_factor else None,
        providers=request.app[SERVICES].elsewhere.providers,
    )
