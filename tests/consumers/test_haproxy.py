"""HAProxy by its own signature check and Redis alone: it never asks the service about a token."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.consumers.gateways import RECIPES
from tests.consumers.resource_server import listens
from tests.lab.exchange import Answer, exchange
from tests.lab.replica import REPORTS, TOKENS, Replica, running_replica
from tests.servers.leash import Leash, wait_until
from tests.servers.process import ServerProcess, free_port, private_folder
from tests.servers.redis import RedisServer
from tests.tools.pieces import require

SAFECONDUCT = Path(sys.executable).with_name("safeconduct")
FOLDER = "/etc/haproxy/safeconduct"


@pytest.fixture(scope="module")
def issuer(leash: Leash, redis_server: RedisServer) -> Iterator[Replica]:
    redis_server.start()
    redis_server.refresh()
    with running_replica(leash, REDIS_URL=redis_server.url) as replica:
        yield replica


@dataclass(frozen=True)
class Gateway:
    """HAProxy, before an API that it stands in for itself by answering the request's headers."""

    port: int
    process: ServerProcess

    def call(self, token: str | None, *headers: str) -> Answer:
        lines = ["GET /reports HTTP/1.1", "Host: localhost", "Connection: close", *headers]
        if token is not None:
            lines.append(f"Authorization: Bearer {token}")
        return exchange(self.port, "\r\n".join([*lines, "", ""]).encode())


@pytest.fixture(scope="module")
def gateway(issuer: Replica, leash: Leash, redis_server: RedisServer) -> Iterator[Gateway]:
    port = free_port()
    with private_folder("haproxy", leash) as folder:
        _keys(issuer, folder)
        _configure(folder, issuer, redis_server.url, port=port)
        process = ServerProcess(
            "haproxy",
            [require("haproxy").path, "-db", "-f", folder / "haproxy.cfg"],
            folder=folder,
            leash=leash,
            ready=lambda: listens(port),
        )
        process.start()
        try:
            yield Gateway(port, process)
        finally:
            process.kill9()


def _keys(issuer: Replica, folder: Path) -> None:
    """The files that the recipe's comment tells to fetch, by the command that it tells."""
    assert wait_until(lambda: len(_published(issuer)) >= 2, within=70)
    for name, kid in zip(("active", "next"), _published(issuer), strict=False):
        words = [SAFECONDUCT, "keys", "export", "--url", issuer.deployment.issuer, "--pem", kid]
        pem = subprocess.run(words, capture_output=True, text=True, check=True).stdout
        (folder / f"{name}.pem").write_text(pem)


def _published(issuer: Replica) -> list[str]:
    keys = issuer.call("GET", "/.well-known/jwks.json").json["keys"]
    return [key["kid"] for key in keys if key["purpose"] == "access_token"]


def _configure(folder: Path, issuer: Replica, redis_url: str, *, port: int) -> None:
    address = urlsplit(redis_url)
    recipe, script = (RECIPES / "haproxy.cfg").read_text(), (RECIPES / "safeconduct.lua").read_text()
    for shipped, ours in {
        FOLDER: str(folder),
        ":8000": f":{port}",
        "http://localhost:8080": issuer.deployment.issuer,
        "    server api 127.0.0.1:9000": (
            '    http-request return status 200 content-type text/plain lf-string "%[req.hdrs]"'
        ),
    }.items():
        assert shipped in recipe
        recipe = recipe.replace(shipped, ours)
    assert '"127.0.0.1", 6379, nil' in script
    secret = f'"{address.password}"' if address.password else "nil"
    script = script.replace('"127.0.0.1", 6379, nil', f'"{address.hostname}", {address.port}, {secret}')
    (folder / "haproxy.cfg").write_text(recipe)
    (folder / "safeconduct.lua").write_text(script)


def create(issuer: Replica, **members: object) -> dict[str, str]:
    return issuer.administrator.create(**{"scopes": ["connectors:view"], **members})


def test_it_lets_good_tokens_through_and_says_why_not(
    issuer: Replica, gateway: Gateway, seen: dict[str, dict[str, str]]
) -> None:
    """Wrong API, expired, missing scope, damaged, nothing: refused with a reason, and no header is a client's own."""
    soon = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3))
    body = {"note": "brief", "expires_at": soon, "scopes": ["connectors"]}
    brief = issuer.administrator.call("POST", TOKENS, json_body=body).json["token"]
    good, narrow = create(issuer)["token"], create(issuer, scopes=["dashboard"])["token"]
    foreign = create(issuer, audience=REPORTS)["token"]
    assert wait_until(
        lambda: gateway.call(good).status != 503, within=5
    )  # until the list itself is published
    answer = gateway.call(good, "X-Auth-Subject: root", "X_Auth_Subject: root", "x-auth-scopes: all")

    assert answer.status == 200, (answer.raw, gateway.process.last_words())
    assert b"root" not in answer.body
    assert b"x-auth-scopes: connectors:view" in answer.body
    assert b"authorization" not in answer.body.lower()
    assert wait_until(lambda: gateway.call(brief).status == 401, within=10)
    refused = {
        "token_expired": gateway.call(brief),
        "insufficient_scope": gateway.call(narrow),
        "token_wrong_api": gateway.call(foreign),
        "invalid_token": gateway.call(good[:-6] + good[-6:].swapcase()),
        "token_malformed": gateway.call("eyJhbGciOiJub25lIn0.e30."),
        "token_missing": gateway.call(None),
    }
    assert {code: json.loads(answer.body)["code"] for code, answer in refused.items()} == {
        c: c for c in refused
    }
    assert {answer.status for answer in refused.values()} == {401, 403}
    seen["haproxy"] |= {"accepts good": "yes", "refuses bad": "401, 403", "notices rotation": "by new files"}


def test_a_revocation_is_noticed_by_redis_alone(
    issuer: Replica, gateway: Gateway, seen: dict[str, dict[str, str]]
) -> None:
    """R3: within a second of the acknowledgement while all is well; other tokens go on."""
    made, other = create(issuer), create(issuer)["token"]
    assert wait_until(lambda: gateway.call(made["token"]).status == 200, within=5)
    assert issuer.administrator.call("DELETE", f"{TOKENS}/{made['id']}").status == 200
    began = time.monotonic()

    assert wait_until(lambda: gateway.call(made["token"]).status == 401, within=5)

    assert json.loads(gateway.call(made["token"]).body)["code"] == "token_revoked"
    seen["haproxy"]["notices revocation"] = f"after {time.monotonic() - began:.2f} s"
    assert gateway.call(other).status == 200


def test_what_redis_cannot_say_is_not_guessed(
    issuer: Replica, gateway: Gateway, redis_server: RedisServer
) -> None:
    """R6: flushed or gone, good and revoked tokens alike are 503, until it is published again."""
    token = create(issuer)["token"]
    assert wait_until(lambda: gateway.call(token).status == 200, within=5)
    redis_server.kill9()
    unknown = gateway.call(token)
    assert (unknown.status, json.loads(unknown.body)["code"]) == (503, "verifier_unavailable")
    redis_server.start()

    assert wait_until(lambda: gateway.call(token).status == 200, within=15)
