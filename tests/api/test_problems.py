import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from aiohttp import web
from safeconduct.errors import SafeconductError

from keys import errors as key_errors
from service.api.routes import ROUTES
from service.domain import errors as domain_errors
from service.domain.errors import Busy, CannotSign, LimitReached, OutcomeUnknown, StorageUnavailable
from service.domain.principal import CredentialKind
from service.web.app import create_app
from service.web.problems import PROBLEMS, problem_of
from service.web.routing import Answers, Route
from tests.api.api_fixtures import TOKENS, Api, Person, Reply, beside

NOBODY = frozenset({CredentialKind.NOBODY})
AROUND_30 = {str(seconds) for seconds in range(30, 39)}


def below(kind: type[SafeconductError]) -> Iterator[type[SafeconductError]]:
    """The class and everything that was ever derived of it."""
    yield kind
    for sub in kind.__subclasses__():
        yield from below(sub)


def test_every_error_of_the_service_has_a_row_of_its_own() -> None:
    """Nobody adds an error and forgets what it answers."""
    ours = {
        kind
        for kind in below(domain_errors.ServiceError)
        if kind.__module__.startswith("service.domain.errors")
    }

    assert ours - PROBLEMS.keys() == set()


def test_every_other_error_has_its_nearest_bases_answer() -> None:
    """Whatever an inner layer raises becomes an answer; what is not meant for callers tells them nothing."""
    answers = {kind.__name__: problem_of(kind.__new__(kind)) for kind in below(SafeconductError)}

    assert all(400 <= problem.status < 600 for problem in answers.values())
    assert not any(problem.told for problem in answers.values() if problem.status >= 500)


def test_codes_are_one_each() -> None:
    """A code is API: two kinds of failure that are answered differently never share one."""
    statuses: dict[str, set[int]] = {}
    for kind in PROBLEMS:
        statuses.setdefault(kind.code, set()).add(PROBLEMS[kind].status)

    assert {code for code, seen in statuses.items() if len(seen) > 1} == set()


async def test_a_problem_has_the_form_of_rfc_9457(api: Api, ann: Person) -> None:
    """Type, title, status, detail and instance, and our stable code; no secret, no stack, no version."""
    reply = await api.call("GET", f"{TOKENS}/00000000-0000-4000-8000-000000000000", by=ann)

    document = reply.document
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert reply.headers["X-Request-Id"] == document["instance"]
    assert re.fullmatch("[0-9a-f]{32}", document.pop("instance"))
    assert document == {
        "type": f"{api.authority.issuer}/help/not_found",
        "title": "There is no such thing, or it is not yours",
        "status": 404,
        "code": "not_found",
        "detail": "no such token",
    }


@pytest.mark.parametrize(
    "path", ["/v1", "/v1/", f"{TOKENS}/", "/nope", "/%00", "/%FF", "/v1/../v1/nope", "//x"]
)
async def test_an_unknown_path_is_a_problem(api: Api, path: str) -> None:
    """404 in our form, without a credential, without repeating the path."""
    reply = await api.call("GET", path)

    assert (reply.status, reply.code) == (404, "not_found")
    assert reply.headers["Content-Type"] == "application/problem+json"


async def test_a_wrong_method_says_which_are_right(api: Api) -> None:
    """405 with Allow (RFC 9110 section 15.5.6); HEAD goes with GET."""
    reply = await api.call("PUT", TOKENS)

    assert (reply.status, reply.code) == (405, "method_not_allowed")
    assert reply.headers["Allow"] == "GET,HEAD,POST"


async def test_head_is_get_without_a_body(api: Api, ann: Person) -> None:
    """RFC 9110 section 9.3.2: same status, same headers."""
    get, head = [await api.call(method, "/v1/me", by=ann) for method in ("GET", "HEAD")]

    assert (head.status, head.body) == (200, b"")
    assert head.headers["Content-Length"] == get.headers["Content-Length"]


def raising(error: Exception, answers: Answers) -> Route:
    async def handler(_request: web.Request) -> web.Response:
        raise error

    return Route(method="GET", path=f"/raise-{answers}", handler=handler, callers=NOBODY, answers=answers)


async def ask(api: Api, error: Exception) -> list[Reply]:
    """Both forms of the answer to an error that a handler raises."""
    routes = [raising(error, form) for form in (Answers.PROBLEM, Answers.OAUTH)]
    async with beside(api, routes=routes, settings={"log_level": "error"}) as other:
        return [await other.call("GET", f"/raise-{form}") for form in (Answers.PROBLEM, Answers.OAUTH)]


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("canary in /srv/app.py: SELECT secret FROM users"),
        KeyError("canary"),
        TimeoutError("canary"),
        UnicodeEncodeError("utf-8", "canary", 0, 1, "canary"),
        domain_errors.ServiceError("canary"),
        key_errors.SelfCheckFailed("canary"),
        RecursionError("canary"),
    ],
)
async def test_a_bug_is_500_and_an_id(api: Api, error: Exception) -> None:
    """No word of what happened leaves the process; the id finds it in the log (R76)."""
    problem, oauth = await ask(api, error)

    document = problem.document
    assert re.fullmatch("[0-9a-f]{32}", document.pop("instance"))
    assert document.pop("type").endswith("/help/internal_error")
    assert document == {"title": "Something went wrong here", "status": 500, "code": "internal_error"}
    assert (oauth.status, oauth.document) == (500, {"error": "server_error"})


@pytest.mark.parametrize(
    ("error", "status", "waits", "oauth_error"),
    [
        (StorageUnavailable("canary: host db1 refused"), 503, {"2", "3"}, "temporarily_unavailable"),
        (OutcomeUnknown("canary"), 503, {"1", "2"}, "temporarily_unavailable"),
        (CannotSign("canary"), 503, AROUND_30, "temporarily_unavailable"),
        (key_errors.MasterKeyMismatch("canary"), 503, AROUND_30, "temporarily_unavailable"),
        (Busy("wait", retry_after=7), 429, {"7", "8", "9"}, "temporarily_unavailable"),
        (LimitReached("enough", policy="policy.live_tokens"), 409, {None}, "invalid_request"),
    ],
)
async def test_an_unknown_truth_says_when_to_ask_again(
    api: Api, error: Exception, status: int, waits: set[str | None], oauth_error: str
) -> None:
    """503 and 429 carry Retry-After, a little later for some than for others so that they do not come back as one,
    and why is nobody's business outside (R21, R76).
    """
    problem, oauth = await ask(api, error)

    assert (problem.status, problem.headers.get("Retry-After") in waits) == (status, True)
    assert b"canary" not in problem.body
    assert (oauth.status, oauth.document) == (status, {"error": oauth_error})


async def test_an_answer_never_repeats_a_token(api: Api, ann: Person) -> None:
    """Whoever puts a token where a name belongs reads an answer, and logs it, without the token (R15)."""
    made = await api.create(ann)
    secrets = [made["token"], ann.secret]

    replies = [
        await api.call(
            "POST", TOKENS, by=ann, json={"scopes": secrets, "note": made["token"], "expiration": 0}
        ),
        await api.call("POST", TOKENS, by=ann, json=dict.fromkeys(secrets, 1)),
        await api.call("GET", f"{TOKENS}?{ann.secret}=1", by=ann),
        await api.call("GET", f"{TOKENS}/{ann.secret}", by=ann),
    ]

    assert [reply.status for reply in replies] == [422, 400, 400, 404]
    assert not any(secret.encode() in reply.body for reply in replies for secret in secrets)


async def test_routes_of_an_issuer_with_a_path_lie_below_it(api: Api) -> None:
    """`/v1` and the pages belong to the issuer; the host's root has the well-known names alone (RFC 8414)."""
    settings = replace(api.authority.services.settings, issuer="https://example.com/acme")
    app = create_app(replace(api.authority.services, settings=settings), ROUTES)

    paths = {resource.canonical for resource in app.router.resources()}

    assert {path for path in paths if not path.startswith("/acme/")} == {
        "/.well-known/oauth-authorization-server/acme",
        "/.well-known/openid-configuration/acme",
        "/.well-known/oauth-protected-resource/acme",
    }
