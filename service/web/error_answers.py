"""An error becomes a response: status, body, challenge, when to try again."""

import secrets
from collections.abc import Callable

import msgspec
from aiohttp import web
from multidict import CIMultiDict
from safeconduct.errors import InsufficientScope, SafeconductError

from service.domain.errors import Busy
from service.domain.principal import CredentialKind
from service.web.challenges import BASIC, BearerChallenges
from service.web.gateway import TOLD, WHY_NOT
from service.web.problems import document, oauth_document, plain_document, problem_of
from service.web.refusals import AmbiguousFraming, BodyTooLarge, BodyTooSlow, SeveralCredentials
from service.web.routing import Answers, Route
from service.web.wait_headers import wait_headers

REQUEST_ID_HEADER = "X-Request-Id"
PROBLEM_JSON = "application/problem+json"
_SELF_MADE = frozenset({"Content-Type", "Content-Length"})


class ErrorAnswers:
    """Renders every error of one deployment, in the form that the route asks for."""

    def __init__(self, issuer: str, *, below: Callable[[int], int] = secrets.randbelow) -> None:
        self._issuer = issuer
        self._below = below
        self._bearer = BearerChallenges(issuer)

    def of(self, error: SafeconductError, route: Route, request_id: str) -> web.Response:
        """The answer to an error of ours."""
        problem = problem_of(error)
        status = problem.status
        if route.answers is Answers.OAUTH:
            status = 400 if status == 422 else status
            response = _json(status, oauth_document(status, type(error)), "application/json", request_id)
        else:
            response = _json(status, document(error, self._issuer, request_id), PROBLEM_JSON, request_id)
        retry_after = error.retry_after if isinstance(error, Busy) else problem.retry_after
        if retry_after is not None:
            response.headers.update(wait_headers(error, retry_after + self._below(retry_after // 4 + 2)))
        if status == 401 or isinstance(error, SeveralCredentials | InsufficientScope):
            response.headers["WWW-Authenticate"] = self._challenge(error, route)
        if isinstance(error, AmbiguousFraming | BodyTooSlow | BodyTooLarge | SeveralCredentials):
            response.force_close()
        if route.answers is Answers.GATEWAY:
            response.headers.update({**dict.fromkeys(TOLD, ""), WHY_NOT: error.code})
        return _readable(response, route)

    def of_status(
        self, status: int, route: Route | None, request_id: str, headers: CIMultiDict[str] | None = None
    ) -> web.Response:
        """The answer where there is only a status: what aiohttp refuses, and what nobody expected.

        `headers` of aiohttp's own exception stay (Allow, Vary), but for those that describe its body.
        """
        if route is not None and route.answers is Answers.OAUTH:
            response = _json(status, oauth_document(status), "application/json", request_id)
        else:
            response = _json(
                status, plain_document(status, self._issuer, request_id), PROBLEM_JSON, request_id
            )
        for name, value in (headers or {}).items():
            if name not in _SELF_MADE:
                response.headers[name] = value
        return _readable(response, route)

    def _challenge(self, error: SafeconductError, route: Route) -> str:
        if CredentialKind.CLIENT in route.callers:
            return BASIC
        return self._bearer.challenge(error)


def _json(status: int, body: object, content_type: str, request_id: str) -> web.Response:
    headers = {"Content-Type": content_type, "Cache-Control": "no-store", REQUEST_ID_HEADER: request_id}
    return web.Response(status=status, body=msgspec.json.encode(body), headers=headers)


def _readable(response: web.Response, route: Route | None) -> web.Response:
    """Pages of any origin may read the errors of a public route as well."""
    if route is not None and route.public:
        response.headers["Access-Control-Allow-Origin"] = "*"
    return response
