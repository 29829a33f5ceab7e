"""A running authority, and raw HTTP to it: what goes over the wire and what comes back, byte by byte."""

import asyncio
import base64
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import pytest
from argon2 import PasswordHasher

from service.application.issue import Issued
from service.domain.client import Client
from service.domain.issuance import Expiry, TokenRequest
from service.domain.user import Grant, GrantKind, Role, User
from service.master_key import read_master_key
from service.settings import Settings
from service.web.server import Server
from service.web.services import Services
from service.wiring import Opened, open_services
from service.wiring.faces import application
from tests.clock import TurnableClock
from tests.contract.told import hold

SHIPPED_CATALOGUE = Path(__file__).parents[2] / "service" / "catalogue.toml"
SECOND_AUDIENCE = '\n[[audiences]]\nid = "https://reports.example/api"\nname = "Reports"\n'
REPORTS = "https://reports.example/api"
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
DAY = 86_400


@dataclass(frozen=True)
class Answer:
    """One HTTP response as it came over the wire."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str | None:
        """The value of a header that stands there once, or None."""
        values = [value for known, value in self.headers if known.lower() == name.lower()]
        assert len(values) <= 1, values
        return values[0] if values else None

    def without(self, *names: str) -> "Answer":
        """The answer but for these headers."""
        kept = tuple(pair for pair in self.headers if pair[0].lower() not in names)
        return Answer(self.status, kept, self.body)


async def exchange(port: int, request: bytes) -> Answer:
    """Send these bytes on a connection of their own and read what comes until it is closed."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        return parse_answer(await asyncio.wait_for(reader.read(), 30))
    finally:
        writer.close()


def parse_answer(raw: bytes) -> Answer:
    head, _, body = raw.partition(b"\r\n\r\n")
    status, *lines = head.decode("latin-1").split("\r\n")
    pairs = tuple((name, value.strip()) for name, _, value in (line.partition(":") for line in lines))
    return Answer(int(status.split(" ")[1]), pairs, body)


def http(method: str, target: str, *headers: str, body: bytes = b"", host: str = "localhost") -> bytes:
    """One HTTP/1.1 request as bytes; `headers` are whole lines."""
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host}", "Connection: close", *headers]
    if body or method == "POST":
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def basic(client_id: str, secret: str, scheme: str = "Basic") -> str:
    """The Authorization header line of a client."""
    return f"Authorization: {scheme} {base64.b64encode(f'{client_id}:{secret}'.encode()).decode()}"


@dataclass(frozen=True)
class Authority:
    """A service that listens, with its use cases at hand and its clock in the test's."""

    opened: Opened
    clock: TurnableClock
    port: int
    client: Client
    secret: str

    @property
    def services(self) -> Services:
        return self.opened.services

    @property
    def issuer(self) -> str:
        return self.services.settings.issuer

    @property
    def path(self) -> str:
        return self.services.settings.issuer_path

    async def user(self, name: str) -> User:
        user, _ = await self.services.create_user(
            name=name, role=Role.USER, grant=Grant(GrantKind.ALL), actor="test"
        )
        return user

    async def token(self, owner: User | None = None, *, days: int | None = 30, **members: object) -> Issued:
        """A token of `owner`, or of somebody new."""
        owner = owner or await self.user(f"owner-{time.monotonic_ns()}")
        request = TokenRequest(
            note="test", **{"scopes": ("automation:view", "company"), "expiry": Expiry(days=days), **members}
        )
        return await self.services.issue(request, owner_id=owner.id, actor="test")

    async def new_client(self, *permissions: str, audiences: tuple[str, ...] = ()) -> tuple[Client, str]:
        client, secret = await self.services.create_client(
            name="resource server", audiences=audiences, permissions=permissions, actor="test"
        )
        return client, secret.reveal()

    async def send(self, method: str, target: str, *headers: str, body: bytes = b"") -> Answer:
        """One request below the issuer's path; the answer is one that was told of."""
        answer = await exchange(self.port, http(method, self.path + target, *headers, body=body))
        hold(method, target, answer.status, answer.header("Content-Type") or "", answer.body)
        return answer

    async def post(self, target: str, form: bytes | dict[str, str], *headers: str) -> Answer:
        """A form, as whoever the headers say."""
        body = form if isinstance(form, bytes) else urlencode(form).encode()
        return await self.send(
            "POST", target, "Content-Type: application/x-www-form-urlencoded", *headers, body=body
        )

    async def introspect(self, token: str, **members: str) -> Answer:
        """What our client is told about a token."""
        form = {"token": token, **members}
        return await self.post("/oauth2/introspect", form, basic(self.client.id, self.secret))


@asynccontextmanager
async def running_authority(
    folder: Path, clock: TurnableClock, **settings: object
) -> AsyncIterator[Authority]:
    """One on a free port, with two registered audiences and a client of the default one."""
    catalogue = folder / "catalogue.toml"
    catalogue.write_text(SHIPPED_CATALOGUE.read_text() + SECOND_AUDIENCE)
    chosen = Settings(data_dir=folder, catalogue_file=str(catalogue), log_level="warning", **settings)
    assert not chosen.faults()
    async with open_services(chosen, clock, masters=read_master_key(chosen), hasher=CHEAP) as opened:
        services = opened.services
        client, secret = await services.create_client(
            name="gateway", audiences=(), permissions=("introspect", "revoke"), actor="test"
        )
        server = Server(application(services, clock=clock))
        await server.start()
        try:
            yield Authority(opened, clock, chosen.port, client, secret.reveal())
        finally:
            await server.stop(drain=0)


@pytest.fixture
async def authority(tmp_path: Path, free_port: int) -> AsyncIterator[Authority]:
    """An authority of this test's own. Its clock begins at the real time, which other libraries read."""
    issuer, clock = f"http://localhost:{free_port}", TurnableClock(int(time.time()))
    async with running_authority(tmp_path, clock, issuer=issuer, port=free_port) as running:
        yield running
