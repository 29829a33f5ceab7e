import asyncio
import io
import json
import logging
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

import pytest
import structlog
from aiohttp import web

from service.api.routes import ROUTES
from service.clock import system_clock
from service.domain.principal import CredentialKind
from service.domain.session import Carrier
from service.domain.user import Role
from service.logs import set_up_logs
from service.settings import Settings
from service.web.access_log import AccessLog
from service.web.routing import Answers, Route
from tests.api.api_fixtures import NEW_TOKEN, PASSWORD, TOKENS, Api, Person, beside
from tests.api.every_route import Callers
from tests.api.oauth_fixtures import basic, exchange, http


@pytest.fixture(params=["json", "console"])
def log(request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    """Everything that is logged, at the most talkative, as text."""
    stream = io.StringIO()
    handlers, level = logging.getLogger().handlers[:], logging.getLogger().level
    set_up_logs(Settings(log_format=request.param, log_level="debug"), stream)
    yield stream
    logging.getLogger().handlers[:] = handlers
    logging.getLogger().setLevel(level)
    structlog.reset_defaults()


async def broken(request: web.Request) -> web.Response:
    """A bug that carries everything it knows into its exception and into the log."""
    seen = {"headers": dict(request.headers), "body": (await request.read()).decode()}
    structlog.get_logger("test").warning(
        "about to break", authorization=request.headers.get("Authorization"), seen=seen
    )
    logging.getLogger("library").error("%s", seen)
    raise RuntimeError(json.dumps(seen))


BROKEN = Route(method="POST", path="/broken", handler=broken, callers=frozenset({CredentialKind.NOBODY}))


async def use_everything(api: Api) -> dict[str, str]:
    """Send each kind of secret through every place where one can stand; answers them by name."""
    root = await api.person("root", role=Role.ADMINISTRATOR)
    page = await api.sign_in("root", Carrier.COOKIE)
    invited = await api.call("POST", "/v1/admin/users", by=root, json={"name": "bob"})
    invitation = invited.document["invitation"]["link"].partition("#")[2]
    client = (await api.call("POST", "/v1/admin/clients", by=root, json={"name": "gateway 2"})).document
    aim = {"name": "siem", "url": "https://siem.example/in"}
    webhook = (await api.call("POST", "/v1/admin/webhooks", by=root, json=aim)).document
    made = await api.create(root, reference=True)
    again = await api.call("POST", f"{TOKENS}/{made['id']}/regenerate", by=root, json={"expiration": 1})
    secrets = {
        "password": PASSWORD,
        "bearer session": root.secret,
        "cookie session": page.secret,
        "invitation": invitation,
        "client secret": client["secret"],
        "webhook secret": webhook["secret"],
        "token": made["token"],
        "reference": again.document["reference"],
        "next token": again.document["token"],
    }
    await api.call("POST", "/v1/session", json={"name": "root", "password": PASSWORD})
    await api.call("POST", "/v1/invitations/accept", json={"secret": invitation, "password": PASSWORD})
    for secret in secrets.values():
        await misplace(api, root, secret, client["id"])
    for name in secrets.keys() - {"password"}:  # free text, which nobody could tell from any other
        await break_with(api, secrets[name])
    return secrets


async def break_with(api: Api, secret: str) -> None:
    """Make a bug log all it knows of a request."""
    headers = {"Authorization": f"Bearer {secret}", "Cookie": f"safeconduct={secret}"}
    await api.call("POST", "/broken", body=secret.encode(), headers=headers)


async def misplace(api: Api, root: Person, secret: str, client_id: str) -> None:
    """Put a secret where it does not belong."""
    headers = {"Authorization": f"Bearer {secret}", "Cookie": f"safeconduct={secret}"}
    await api.call("GET", f"/v1/me?access_token={secret}", headers=headers)
    await api.call("GET", f"{TOKENS}/{secret}", by=root)
    await api.call("GET", f"/{secret}")
    await api.call("POST", TOKENS, by=root, json={**NEW_TOKEN, "scopes": [secret], secret: 1})
    await api.call("POST", TOKENS, by=root, json={**NEW_TOKEN, "scopes": [secret]})
    await api.call("POST", "/v1/session", json={"name": "root", "password": secret})
    await api.authority.post("/oauth2/introspect", {"token": secret}, basic(client_id, secret))
    await exchange(api.authority.port, http("GET", "/livez", f"Authorization: Bearer {secret}\x00"))
    await exchange(api.authority.port, http("GET", "/livez", f"Authorization: Bearer {secret * 300}"))


async def use_every_route(api: Api) -> dict[str, str]:
    """Each route with the caller's own secret in all the places that it reads, and the program's name besides."""
    callers = Callers(api)
    await callers.settle()
    secrets = {"token": callers.token, "session": callers.ann.secret, "root's session": callers.root.secret}
    for route, secret in product(ROUTES, secrets.values()):
        if route.method == "DELETE":
            continue
        path = re.sub(r"{\w+}", secret, route.path)
        form = route.answers is Answers.OAUTH
        body = f"token={secret}&client_user_agent={secret}&x={secret}" if form else json.dumps(given(secret))
        headers = {
            "Content-Type": "application/x-www-form-urlencoded" if form else "application/json",
            "User-Agent": secret,
            "Idempotency-Key": secret[:128],
        }
        reads = route.method in {"POST", "PUT", "PATCH"}
        sent = body.encode() if reads else None
        await callers.call(route, path=path, query=f"?name={secret}&x={secret}", body=sent, headers=headers)
    minute = datetime.fromtimestamp(api.authority.clock(), UTC).strftime("%Y-%m-%dT%H:%M:00Z")
    claims = (await api.authority.services.recognise(callers.token)).reading.claims
    use = {"jti": claims.jti, "minute": minute, "audience": claims.aud[0], "user_agent": callers.root.secret}
    [usage] = [route for route in ROUTES if route.path == "/v1/usage"]
    json_type = {"Content-Type": "application/json"}
    reply = await callers.call(usage, body=json.dumps({"uses": [use]}).encode(), headers=json_type)
    assert reply.status == 202
    await api.authority.services.usage.record()
    return secrets


def given(secret: str) -> dict[str, object]:
    """Members that routes read a secret from, or that they must refuse."""
    return {"token": secret, "password": secret, "secret": secret, "tokens": [secret], secret: secret}


def found(text: str, secrets: dict[str, str]) -> set[str]:
    """Which secrets, or a part of one that would be enough to use it, stand in a text."""
    return {name for name, secret in secrets.items() if secret in text or secret[-40:] in text}


def everything_below(folder: Path) -> str:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file()).decode("latin-1")


async def test_no_secret_reaches_a_log_a_metric_or_the_disk(
    api: Api, log: io.StringIO, tmp_path: Path
) -> None:
    """Every kind of secret, through every route and into a bug: none is written anywhere (R15, L34)."""
    access = AccessLog(system_clock, as_json=True, stream=log)
    async with beside(api, routes=[*ROUTES, BROKEN], access_log=access) as loud:
        secrets = await use_everything(loud)
        metrics = (await loud.call("GET", "/metrics")).body.decode()
    await asyncio.sleep(0)

    written = log.getvalue()
    assert "unhandled" in written
    assert '"route":"/v1/personal-access-tokens/{id}/regenerate","status":201' in written
    sinks = {"log": written, "metrics": metrics, "disk": everything_below(tmp_path)}
    assert {name: found(text, secrets) for name, text in sinks.items()} == {name: set() for name in sinks}


async def test_no_route_writes_down_a_secret_it_is_given(api: Api, log: io.StringIO, tmp_path: Path) -> None:
    """R15 over the whole table of routes: not in path, query, body or header, and not as the name of a program."""
    access = AccessLog(system_clock, as_json=True, stream=log)
    async with beside(api, access_log=access) as loud:
        secrets = await use_every_route(loud)
        metrics = (await loud.call("GET", "/metrics")).body.decode()
    await asyncio.sleep(0)

    sinks = {"log": log.getvalue(), "metrics": metrics, "disk": everything_below(tmp_path)}
    assert {name: found(text, secrets) for name, text in sinks.items()} == {name: set() for name in sinks}


async def test_a_log_line_cannot_be_forged(api: Api, log: io.StringIO) -> None:
    """Line ends and terminal sequences of a caller stay inside their event (attack 82)."""
    evil = "x\r\n2026-01-01 forged\x1b[2J\u2028${jndi:ldap://evil}"
    structlog.get_logger("test").warning("signed in", name=evil, nested={"deep": [evil]})
    logging.getLogger("library").warning("hello %s", evil)

    lines = log.getvalue().splitlines()

    assert len(lines) == 2
    assert "\x1b" not in log.getvalue()


async def test_the_access_log_says_who_did_what(api: Api) -> None:
    """Route, status, duration, caller and address in one line of JSON; no path, no query, no header (L43)."""
    stream = io.StringIO()
    async with beside(api, access_log=AccessLog(system_clock, as_json=True, stream=stream)) as loud:
        root = await loud.person("root")
        await loud.call("GET", f"{TOKENS}?search=canary", by=root, headers={"User-Agent": "canary"})
        await loud.call("GET", "/canary")

    listed, unknown = [json.loads(line) for line in stream.getvalue().splitlines()]

    assert {name: listed[name] for name in ("event", "method", "route", "status", "who", "address")} == {
        "event": "answered",
        "method": "GET",
        "route": TOKENS,
        "status": 200,
        "who": f"user:{root.user.id}",
        "address": "127.0.0.1",
    }
    assert (unknown["route"], unknown["status"]) == ("-", 404)
    assert listed["ms"] > 0
    assert "canary" not in stream.getvalue()
