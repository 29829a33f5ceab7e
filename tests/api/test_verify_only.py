"""A process under a wrong master key, or none: every route answers, nothing is signed, nothing is overwritten (R31)."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from keys import MasterKey, MasterKeys, new_master_key_text
from service.api.routes import ROUTES
from service.web.app import create_app
from service.web.routing import Route
from service.web.server import Server
from service.wiring import open_services
from tests.api.api_fixtures import Api
from tests.api.every_route import Callers, named
from tests.api.oauth_fixtures import CHEAP, running_authority
from tests.application.deployment import TABLES
from tests.clock import TurnableClock

TOKEN = {"expiration": 30, "scopes": ["embed"], "note": "n"}
BODIES: dict[str, dict[str, Any]] = {
    "POST /v1/personal-access-tokens": TOKEN,
    "POST /v1/personal-access-tokens/{id}/regenerate": {"expiration": 30},
    "POST /v1/admin/keys/rotate": {"purpose": "access_token"},
    "POST /v1/admin/keys/{kid}/compromise": {"reason": "leaked", "dry_run": False},
    "POST /v1/admin/machines/{id}/tokens": TOKEN,
    "POST /v1/personal-access-tokens/self/regenerate": {},
    "POST /v1/me/second-factors/totp": {},
    "POST /v1/admin/webhooks": {"name": "w", "url": "https://hooks.example.com/", "kinds": []},
}
"""What would be signed or sealed; the rest is asked with an empty object, which most of them refuse."""
SIGNING = set(BODIES) - {"POST /v1/personal-access-tokens/self/regenerate"}  # that token may not anyway
SEALED = ("signing_key", "sealed_secret")


@asynccontextmanager
async def restarted(api: Api, masters: MasterKeys | None) -> AsyncIterator[Api]:
    """Another process over the database that the first one left."""
    settings = replace(api.authority.services.settings, master_key="")
    async with open_services(settings, api.authority.clock, masters=masters, hasher=CHEAP) as opened:
        server = Server(create_app(opened.services, ROUTES, clock=api.authority.clock))
        await server.start()
        try:
            yield replace(api, authority=replace(api.authority, opened=opened))
        finally:
            await server.stop(drain=0)


async def dump(api: Api) -> dict[str, list[tuple[Any, ...]]]:
    async with api.authority.opened.storage._engine.reader() as connection:
        fetch = connection.raw.execute_fetchall
        tables = [row[0] for row in await fetch(TABLES[False])]
        rows = {table: [tuple(row) for row in await fetch(f"SELECT * FROM {table}")] for table in tables}
    return {table: sorted(rows[table], key=repr) for table in tables}


async def walk(callers: Callers, routes: list[Route], ids: dict[str, str]) -> dict[str, tuple[int, bytes]]:
    """What each route answers; of ids in paths those that are there."""
    answers = {}
    for route in routes:
        path = route.path
        for name, text in ids.items():
            path = path.replace(f"{{{name}}}", text)
        path = path.replace("{id}", ids["machine"] if "machines" in path else ids["token"])
        body = (
            json.dumps(BODIES.get(named(route), {})).encode()
            if route.method in {"POST", "PUT", "PATCH"}
            else None
        )
        headers = {"Content-Type": "application/json"} if body else {}
        reply = await callers.call(route, path=path, body=body, headers=headers)
        answers[named(route)] = (reply.status, reply.body)
    return answers


@pytest.mark.parametrize("masters", [None, MasterKeys(MasterKey(bytes(32)))], ids=["missing", "wrong"])
async def test_every_route_answers_without_the_master_key(
    tmp_path: Path, free_port: int, clock: TurnableClock, masters: MasterKeys | None
) -> None:
    """R31, K22: 503 where something would be signed, never a bug; what verifies goes on; no key is touched (F35)."""
    issuer, key = f"http://localhost:{free_port}", new_master_key_text()
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        async with running_authority(
            tmp_path, clock, issuer=issuer, port=free_port, master_key=key
        ) as authority:
            api = Api(authority, http)
            callers = Callers(api)
            await callers.settle()
            body = {"name": "m", "responsible": [callers.ann.user.name]}
            machine = (await api.call("POST", "/v1/admin/machines", by=callers.root, json=body)).document
            kid = (await api.call("GET", "/v1/admin/keys", by=callers.root)).document[0]["kid"]
            published = (await api.call("GET", "/.well-known/jwks.json")).body
            first = await dump(api)

        async with restarted(api, masters) as crippled:
            callers.api = crippled
            assert await dump(crippled) == first
            await crippled.authority.services.publication.follow()
            ids = {"token_id": callers.ids["token"], "kid": kid, "machine": machine["id"], **callers.ids}
            ends = [route for route in ROUTES if route.method == "DELETE" or route.path.endswith("/disable")]
            answers = await walk(callers, [route for route in ROUTES if route not in ends], ids)
            still = await crippled.authority.introspect(callers.token)
            answers |= await walk(callers, ends, ids)
            gone = await crippled.authority.introspect(callers.token)
            after = await dump(crippled)

    assert {name for name, (status, _) in answers.items() if status >= 500} == SIGNING | {"GET /readyz"}
    assert {answers[name][0] for name in SIGNING | {"GET /readyz"}} == {503}
    assert answers["GET /.well-known/jwks.json"] == (200, published)
    assert json.loads(still.body)["active"] is True
    assert json.loads(gone.body)["active"] is False
    for table in SEALED:
        assert after[table] == first[table]
    assert len(after["token_value"]) == len(first["token_value"])
