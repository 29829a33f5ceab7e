"""The same calls to a deployment whose Redis is there and to one whose Redis has died: the same answers."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import jwt
import pytest

from tests.lab.exchange import Answer, basic
from tests.lab.replica import NEW_TOKEN, TOKENS, Replica, running_replica
from tests.servers.leash import Leash, wait_until
from tests.servers.postgresql import PostgresServer
from tests.servers.redis import running_redis
from tests.tools.pieces import require

PATIENCE = 60  # seconds, where nothing is promised
OPEN = (
    "/.well-known/jwks.json", "/.well-known/oauth-authorization-server", "/.well-known/openid-configuration",
    "/.well-known/oauth-protected-resource", "/v1/scopes", "/status-lists", "/livez", "/readyz",
    "/openapi.json", "/swagger.json", "/status-lists/none", "/v1/nowhere", "/token", "/tokens", "/help/token_revoked",
)  # fmt: skip
OF_AN_ADMINISTRATOR = (
    "/v1/me", "/v1/admin/users", "/v1/admin/tokens", "/v1/admin/clients", "/v1/admin/keys", "/v1/admin/policy",
    "/v1/admin/machines", "/v1/admin/catalogue",
)  # fmt: skip
OF_REDIS = ("redis_at", "redis")
"""Members that tell of Redis itself: in a receipt when it had a revocation, in /readyz how it is."""
ALIKE = {"USAGE_RECORD": "nothing"}
"""Uses are written down every few seconds: when, depends on how busy the machine is."""
OF_THE_MOMENT = {
    "date",
    "etag",
    "content-length",
    "age",
    "content-security-policy",
    "set-cookie",
    "retry-after",
}
VARYING = (
    (r"eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+", "<jwt>"),
    (r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "<id>"),
    (r"\b[0-9a-f]{32,64}\b", "<hex>"),
    (r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "<time>"),
    (r"\b[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT", "<time>"),
    (r"\b1[789]\d{8}\b", "<time>"),
    (r"localhost:\d+", "<issuer>"),
    (r"[\w-]{43,}", "<secret>"),
)


@dataclass
class Script:
    """One deployment's side of it; what was answered, with all that differs by chance replaced."""

    replica: Replica
    said: list[tuple[str, int, dict[str, str], Any]] = field(default_factory=list)

    def call(self, method: str, path: str, **request: Any) -> Answer:
        answer = self.replica.call(method, path, **request)
        lines = answer.raw.partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        headers = {
            name: value
            for name, value in headers.items()
            if name not in OF_THE_MOMENT and not name.startswith("ratelimit")
        }
        shown = plain(json.dumps(headers)), plain(answer.body.decode("utf-8", "replace"))
        self.said.append(
            (f"{method} {plain(path)}", answer.status, json.loads(shown[0]), without_redis(shown[1]))
        )
        return answer

    def run(self) -> None:
        ann, gateway = self.replica.administrator, self.replica.gateway
        mine = {"authorization": ann.authorization}
        for path in OPEN:
            self.call("GET", path)
        made = [self.call("POST", TOKENS, json_body=NEW_TOKEN, **mine).json for _ in range(4)]
        first, second, third, fourth = made
        for body in ({}, {**NEW_TOKEN, "expiration": 0}, {**NEW_TOKEN, "scopes": ["nothing"]}):
            self.call("POST", TOKENS, json_body=body, **mine)
        one = f"{TOKENS}/{first['id']}"
        for suspended in (True, False):
            self.call("PATCH", one, json_body={"suspended": suspended}, **mine)
            self.introspect(first["token"])
        self.call("PATCH", one, json_body={"note": "monthly report"}, **mine)
        anew = self.call("POST", f"{one}/regenerate", json_body={"expiration": 7}, **mine).json
        for value in (first["token"], anew["token"]):
            self.introspect(value)
            self.call("GET", f"{TOKENS}/self", authorization=f"Bearer {value}")
            self.forward(value)
        for _ in range(2):
            self.call("DELETE", f"{one}?reason=lost", **mine)
        self.introspect(anew["token"])
        receipt = f"{one}/revocation"
        told = ("list_signed_at", "stream_at")
        assert wait_until(
            lambda: all(self.replica.call("GET", receipt, **mine).json[name] for name in told),
            within=PATIENCE,
        )
        self.call("GET", receipt, **mine)
        self.call("GET", f"{one}/refusals", **mine)
        self.call("GET", one, **mine)
        self.call("POST", f"{TOKENS}/revoke", json_body={"ids": [second["id"], first["id"]]}, **mine)
        self.call(
            "POST", "/oauth2/revoke", authorization=gateway.authorization, form={"token": third["token"]}
        )
        self.call("DELETE", f"{TOKENS}/self", authorization=f"Bearer {fourth['token']}")
        for each in made:
            self.introspect(each["token"])
        self.call("GET", f"{TOKENS}?state=revoked", **mine)
        self.list_of(first["token"])
        for path in OF_AN_ADMINISTRATOR:
            self.call("GET", path, **mine)
        self.call("POST", "/v1/admin/keys/rotate", json_body={"purpose": "access_token"}, **mine)
        self.call("POST", "/oauth2/introspect", authorization=basic("nobody", "wrong"), form={"token": "x"})

    def introspect(self, token: str) -> None:
        sent = {"authorization": self.replica.gateway.authorization, "form": {"token": token}}
        self.call("POST", "/oauth2/introspect", **sent)

    def forward(self, token: str) -> None:
        words = {"X-Original-Authorization": f"Bearer {token}"}
        self.call("GET", "/v1/forward-auth", authorization=f"Bearer {token}", headers=words)

    def list_of(self, token: str) -> None:
        """The signed list, once it is signed with all of this: its claims."""
        uri = jwt.decode(token, options={"verify_signature": False})["status"]["status_list"]["uri"]
        path = "/" + uri.split("/", 3)[3]
        decoded: dict[str, Any] = {}

        def has_all() -> bool:
            body = self.replica.call("GET", path).body
            decoded.update(jwt.decode(body, options={"verify_signature": False}))
            return decoded["version"] >= LAST

        assert wait_until(has_all, within=PATIENCE)
        self.said.append(("the list", LAST, {}, sorted(decoded)))


LAST = 7
"""Revisions that the script makes: two of a pause, one each of regenerate, revoke, bulk, revocation and `self`."""


def plain(text: str) -> str:
    for pattern, name in VARYING:
        text = re.sub(pattern, name, text)
    return text


def without_redis(body: str) -> Any:
    """As a JSON value where it is one."""
    try:
        document = json.loads(body)
    except ValueError:
        return body
    for part in (document, document.get("checks")) if isinstance(document, dict) else ():
        for name in OF_REDIS:
            if isinstance(part, dict):
                part.pop(name, None)
    return by_chance(document)


def by_chance(document: Any) -> Any:
    """Keys stand in the order of their thumbprints: put in one that is the same everywhere."""
    keys = document.get("keys") if isinstance(document, dict) else document
    if isinstance(keys, list) and any(isinstance(key, dict) and "kid" in key for key in keys):
        keys.sort(key=json.dumps)
    return document


@pytest.fixture
def pair(leash: Leash, postgres_server: PostgresServer) -> Iterator[tuple[Replica, Replica]]:
    """Two deployments alike; the second one's Redis was killed before it made its first publication."""
    with running_redis(require("redis"), leash) as alive, running_redis(require("redis"), leash) as dead:
        dead.kill9()
        names = [postgres_server.create_database() for _ in range(2)]
        with (
            running_replica(
                leash, database_url=postgres_server.url(names[0]), REDIS_URL=alive.url, **ALIKE
            ) as one,
            running_replica(
                leash, database_url=postgres_server.url(names[1]), REDIS_URL=dead.url, **ALIKE
            ) as other,
        ):
            yield one, other
        for name in names:
            postgres_server.drop_database(name)


def checks(replica: Replica) -> str:
    return replica.call("GET", "/readyz").json["checks"]["redis"]


def test_with_redis_killed_for_the_whole_run_no_answer_changes(pair: tuple[Replica, Replica]) -> None:
    """R58, R7, F15: status, headers and body of every call, apart from ids, values, times, and what tells of Redis."""
    assert wait_until(lambda: checks(pair[0]) == "ok", within=PATIENCE)
    scripts = [Script(replica) for replica in pair]

    for script in scripts:
        script.run()

    with_redis, without = (script.said for script in scripts)
    assert checks(pair[1]) == "failed"
    assert len(with_redis) > 50
    assert [each[:2] for each in without] == [each[:2] for each in with_redis]
    for one, other in zip(with_redis, without, strict=True):
        assert other == one
