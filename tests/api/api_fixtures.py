"""The JSON API as people call it: signed in, and with everything at hand to look behind the answers."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from keys import new_master_key_text
from service.api.routes import ROUTES
from service.domain.secret import Secret
from service.domain.session import Carrier
from service.domain.user import Grant, GrantKind, Role, User
from service.web.access_log import AccessLog
from service.web.app import create_app
from service.web.routing import Route
from service.web.server import Runner
from tests.api.oauth_fixtures import Authority, running_authority
from tests.clock import TurnableClock
from tests.contract.told import hold

TOKENS = "/v1/personal-access-tokens"
PASSWORD = "a slow walk along the grey canal"
NEW_TOKEN = {"expiration": 30, "scopes": ["automation:view"], "note": "weekly report"}


@dataclass(frozen=True)
class Reply:
    """One answer; `document` is its JSON, None where the body is empty."""

    status: int
    headers: Any
    body: bytes

    @property
    def document(self) -> Any:
        return json.loads(self.body) if self.body else None

    @property
    def code(self) -> str:
        return self.document["code"]

    @property
    def faults(self) -> set[tuple[str, str]]:
        """(where, code) of each fault."""
        return {(fault["where"], fault["code"]) for fault in self.document["faults"]}


@dataclass(frozen=True)
class Person:
    """Somebody with a session."""

    user: User
    secret: str
    carrier: Carrier

    @property
    def headers(self) -> dict[str, str]:
        if self.carrier is Carrier.BEARER:
            return {"Authorization": f"Bearer {self.secret}"}
        return {"Cookie": f"safeconduct={self.secret}", "Sec-Fetch-Site": "same-origin"}


@dataclass(frozen=True)
class Api:
    """Calls to a running service."""

    authority: Authority
    http: aiohttp.ClientSession

    async def call(
        self,
        method: str,
        path: str,
        *,
        by: Person | None = None,
        bearer: str | None = None,
        json: object = None,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> Reply:
        """Send one request, `json` as application/json, `body` as it is; the answer is one that was told of."""
        sent = {
            **(by.headers if by else {}),
            **({"Authorization": f"Bearer {bearer}"} if bearer else {}),
            **(headers or {}),
        }
        url = f"http://127.0.0.1:{self.authority.port}{self.authority.path}{path}"
        async with self.http.request(
            method, url, json=json, data=body, headers=sent, allow_redirects=False
        ) as response:
            reply = Reply(response.status, response.headers, await response.read())
        hold(method, path, reply.status, reply.headers.get("Content-Type", ""), reply.body)
        return reply

    async def person(
        self,
        name: str = "ann",
        *,
        role: Role = Role.USER,
        grant: Grant | None = None,
        carrier: Carrier = Carrier.BEARER,
    ) -> Person:
        """A new account that has just signed in."""
        services = self.authority.services
        user, invitation = await services.create_user(
            name=name, role=role, grant=grant or Grant(GrantKind.ALL), actor="test"
        )
        opened = await services.invitations.accept(invitation, Secret(PASSWORD), name=None, carrier=carrier)
        return Person(user, opened.secret.reveal(), carrier)

    async def sign_in(self, name: str, carrier: Carrier = Carrier.BEARER) -> Person:
        """Another session of an account."""
        opened = await self.authority.services.sessions.sign_in(name, Secret(PASSWORD), carrier=carrier)
        return Person(opened.user, opened.secret.reveal(), carrier)

    async def create(self, by: Person, **members: object) -> dict[str, Any]:
        """A token of theirs, as it was answered."""
        reply = await self.call("POST", TOKENS, by=by, json={**NEW_TOKEN, **members})
        assert reply.status == 201, reply.body
        return reply.document


@asynccontextmanager
async def beside(
    api: Api,
    *,
    routes: Sequence[Route] = ROUTES,
    access_log: AccessLog | None = None,
    settings: Mapping[str, object] | None = None,
    **services: object,
) -> AsyncIterator[Api]:
    """Another application over the same services, on a port of its own, with these settings and services changed."""
    changed = replace(api.authority.services.settings, **(settings or {}))
    replaced = replace(api.authority.services, settings=changed, **services)
    runner = Runner(create_app(replaced, routes, access_log=access_log))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield replace(api, authority=replace(api.authority, port=runner.addresses[0][1]))
    finally:
        await runner.cleanup()


@pytest.fixture
async def api(authority: Authority) -> AsyncIterator[Api]:
    """A service on SQLite."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        yield Api(authority, http)


@pytest.fixture
async def postgres_api(
    tmp_path: Path, free_port: int, postgres_url: str, clock: TurnableClock
) -> AsyncIterator[Api]:
    """A service on PostgreSQL."""
    async with (
        running_authority(
            tmp_path,
            clock,
            issuer=f"http://localhost:{free_port}",
            port=free_port,
            database_url=postgres_url,
            master_key=new_master_key_text(),
        ) as authority,
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http,
    ):
        yield Api(authority, http)


@pytest.fixture
async def ann(api: Api) -> Person:
    """Somebody with a fresh bearer session who may hand out everything."""
    return await api.person("ann")
