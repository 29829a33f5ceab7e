"""Every route there is, asked in a way that makes it ask the database, all of them at once."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from service.api.routes import ROUTES
from service.domain.principal import CredentialKind
from service.web.routing import Answers, Route
from tests.lab.evidence import claims
from tests.lab.exchange import Answer, exchange, request_bytes
from tests.lab.replica import NEW_TOKEN, PASSWORD, Replica

NOBODY = "00000000-0000-4000-8000-000000000000"
BODIES: dict[str, Any] = {
    "/v1/personal-access-tokens": NEW_TOKEN,
    "/v1/personal-access-tokens/{id}": {"note": "changed"},
    "/v1/personal-access-tokens/{id}/regenerate": {"expiration": 3},
    "/v1/session": {"name": "ann", "password": PASSWORD},
    "/v1/session/confirm": {"password": PASSWORD},
    "/v1/invitations/accept": {"secret": "x" * 43, "password": PASSWORD},
    "/v1/admin/users": {"name": "somebody"},
    "/v1/admin/clients": {"name": "something"},
    "/v1/admin/webhooks": {"name": "something", "url": "https://hooks.example/x"},
    "/v1/admin/webhooks/{id}": {"url": "https://hooks.example/x"},
    "/v1/me/contact": {"language": "de"},
    "/v1/admin/users/{id}/contact": {"language": "de"},
    "/v1/admin/keys/rotate": {},
    "/v1/admin/keys/{kid}/compromise": {"reason": "leaked"},
    "/v1/admin/users/disable": {"issuer": "https://id.example", "subject": "somebody"},
    "/v1/usage": {"uses": []},
}
WITHOUT_TRUTH = (
    "/livez",
    "/metrics",
    "/openapi.json",
    "/swagger.json",
    "/.well-known/",
    "/status-lists",
    "/v1/usage",
)
"""What is served from memory, or taken into it."""
LEFT_OUT = {
    ("GET", "/v1/revocations"),
    ("POST", "/v1/leaks"),
    ("POST", "/oauth2/backchannel-logout/{provider}"),
    ("POST", "/v1/forgotten-password"),
}
"""An answer without an end, what asks for a signature of somebody else's or for mail: tests of their own."""
EXCHANGE = {
    "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
    "subject_token_type": "urn:ietf:params:oauth:token-type:access_token",
}


@dataclass(frozen=True)
class Step:
    """One request; `needs_truth` when only the database knows the answer."""

    name: str
    request: bytes
    needs_truth: bool


def steps(replica: Replica, token: str) -> Iterator[Step]:
    """One for each route and method."""
    list_id = claims(token)["status"]["status_list"]["uri"].rpartition("/")[2]
    for route in ROUTES:
        if (route.method, route.path) in LEFT_OUT or route.preflight:
            continue
        path = route.path.replace("{token_id}", NOBODY).replace(
            "{id}", list_id if "/status-lists/" in route.path else NOBODY
        )
        path = path.replace("{kid}", "k" * 43) + ("?name=ann" if route.path == "/v1/admin/users" else "")
        request = request_bytes(
            route.method,
            path,
            authorization=_authorization(route, replica, token),
            headers=_headers(route, replica),
            **_body(route, token),
        )
        needs_truth = route.method != "OPTIONS" and not route.path.startswith(WITHOUT_TRUTH)
        yield Step(f"{route.method} {route.path}", request, needs_truth)


def _authorization(route: Route, replica: Replica, token: str) -> str | None:
    if CredentialKind.CLIENT in route.callers:
        return replica.gateway.authorization
    if CredentialKind.NOBODY in route.callers:
        return None
    if route.callers & {CredentialKind.TOKEN, CredentialKind.GATEWAY}:
        return f"Bearer {token}"
    return replica.administrator.authorization


def _headers(route: Route, replica: Replica) -> dict[str, str]:
    is_gateway = CredentialKind.GATEWAY in route.callers
    return {"X-Gateway-Authorization": replica.gateway.authorization} if is_gateway else {}


def _body(route: Route, token: str) -> dict[str, Any]:
    if route.method not in {"POST", "PATCH"}:
        return {}
    if route.answers is Answers.GATEWAY:
        return {}
    if route.path.startswith("/oauth2/"):
        return {"form": {**EXCHANGE, "subject_token": token, "token": token}}
    if route.path == "/v1/credentials/revoke":
        return {"json_body": {"credentials": [token]}}
    return {"json_body": BODIES.get(route.path, {})}


def walk(replica: Replica, all_steps: Iterable[Step]) -> dict[Step, Answer]:
    """What each is answered."""
    taken = list(all_steps)
    with ThreadPoolExecutor(len(taken)) as pool:
        answers = pool.map(lambda step: exchange(replica.port, step.request), taken)
        return dict(zip(taken, answers, strict=True))
