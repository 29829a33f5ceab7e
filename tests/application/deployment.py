"""One deployment on a real database: any number of processes, its clock, and the few acts that most tests need."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from argon2 import PasswordHasher
from safeconduct import Claims
from safeconduct.base64url import decode
from safeconduct.policy import VerificationPolicy
from safeconduct.status_list import StatusList
from safeconduct.status_list_token import SignedStatusList, check_status_list_token

from keys import MasterKeys
from service.application.issue import Issued
from service.domain.client import Client
from service.domain.edit import Edit
from service.domain.issuance import Expiry, TokenRequest
from service.domain.token import Token
from service.domain.user import Grant, GrantKind, Role, User
from service.settings import Settings
from service.storage import Database
from service.web.services import Services
from service.wiring import Opened, open_services
from tests.application.clocks import ShiftedClock
from tests.clock import TurnableClock

DAY = 86_400
REPORTS = "https://reports.example/api"
TABLES = {
    True: "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()",
    False: "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
}
"""How PostgreSQL (True) and SQLite tell their tables."""


class CountingHasher(PasswordHasher):
    """Argon2id at its cheapest, which counts what it was asked to do."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.hashed = 0
        self.verified = 0

    def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
        self.hashed += 1
        return super().hash(password, salt=salt)

    def verify(self, hash: str | bytes, password: str | bytes) -> bool:  # noqa: A002 - argon2's own name
        self.verified += 1
        return super().verify(hash, password)


@dataclass
class Deployment:
    """`opened` is its first process; `process()` opens more."""

    settings: Settings
    clock: TurnableClock | ShiftedClock
    masters: MasterKeys | None
    hasher: CountingHasher = field(default_factory=CountingHasher)
    opened: Opened | None = None
    _people: int = 0

    @asynccontextmanager
    async def process(self, *, masters: MasterKeys | str | None = "same") -> AsyncIterator[Opened]:
        """Another process of this deployment, as one more replica or after a restart."""
        offset = self.clock.offset if isinstance(self.clock, ShiftedClock) else None
        async with open_services(
            self.settings,
            self.clock,
            masters=self.masters if masters == "same" else masters,
            hasher=self.hasher,
            clock_offset=offset,
        ) as opened:
            yield opened

    @asynccontextmanager
    async def replicas(self) -> AsyncIterator[tuple[Services, Services]]:
        """The services of two processes at once; SQLite serves one, which then stands in for both."""
        if not self.on_postgresql:
            yield self.services, self.services
            return
        async with self.process() as other:
            yield self.services, other.services

    @property
    def on_postgresql(self) -> bool:
        return not self.settings.uses_sqlite

    @property
    def services(self) -> Services:
        return self.opened.services

    @property
    def storage(self) -> Database:
        return self.opened.storage

    @property
    def audience(self) -> str:
        return f"{self.settings.issuer}/api"

    async def user(self, *scopes: str, name: str | None = None, role: Role = Role.USER) -> User:
        """Somebody who may hand out everything, or `scopes` alone."""
        self._people += 1
        grant = Grant(GrantKind.LISTED, scopes) if scopes else Grant(GrantKind.ALL)
        name = name or f"person {self._people}"
        user, _ = await self.services.create_user(name=name, role=role, grant=grant, actor="test")
        return user

    async def token(
        self, owner: User | None = None, *, services: Services | None = None, **members: Any
    ) -> Issued:
        """A token of `owner`, or of somebody new."""
        owner = owner or await self.user()
        return await (services or self.services).issue(
            a_request(**members), owner_id=owner.id, actor=f"user:{owner.id}"
        )

    async def client(self, *audiences: str) -> Client:
        client, _ = await self.services.create_client(
            name="resource server",
            audiences=audiences,
            permissions=("introspect", "revoke"),
            actor="test",
        )
        return client

    async def is_active(self, issued: Issued, *, services: Services | None = None) -> bool:
        """What introspection says of it to a client of every audience."""
        return await self.claims(issued, services=services) is not None

    async def claims(self, issued: Issued | str, *, services: Services | None = None) -> Claims | None:
        jwt = issued if isinstance(issued, str) else issued.jwt.reveal()
        return await (services or self.services).introspect(jwt, client=self.everywhere)

    @property
    def everywhere(self) -> Client:
        """A client of every audience, which needs no row to be asked for."""
        return Client(
            id="everywhere",
            name="everywhere",
            secret_hash="",
            audiences=frozenset({self.audience, REPORTS}),
            permissions=frozenset({"introspect", "revoke"}),
            created_at=0,
        )

    async def revoke(self, token: Token, **members: str) -> Token:
        defaults = {"owner_id": token.owner_id, "actor": f"user:{token.owner_id}", "reason": "asked"}
        return await self.services.revoke(token.id, **defaults | members)

    async def edit(
        self, token: Token, *, administrator: bool = False, owner_id: str | None = None, **members: Any
    ) -> Token:
        return await self.services.edit(
            token.id,
            Edit(**members),
            owner_id=owner_id or token.owner_id,
            actor="administrator" if administrator else f"user:{token.owner_id}",
            administrator=administrator,
        )

    async def regenerate(self, token: Token, **members: Any) -> Issued:
        left_out = {"note": None, "scopes": None}
        return await self.services.regenerate(
            token.id, a_request(**left_out | members), owner_id=token.owner_id, actor=f"user:{token.owner_id}"
        )

    async def status(self, issued: Issued, *, services: Services | None = None) -> int:
        """What the signed list that is served now says of it, checked as a verifier would."""
        status = claims_of(issued)["status"]["status_list"]
        return (await self.signed_list(status["uri"], services=services)).statuses.read(status["idx"])

    async def fresh_status(self, issued: Issued) -> int:
        """What a list signed at this moment would say of it."""
        status = claims_of(issued)["status"]["status_list"]
        return (await self.statuses(status["uri"].rpartition("/")[2])).read(status["idx"])

    async def statuses(self, list_id: str) -> StatusList:
        async with self.storage.snapshot() as snap:
            return (await snap.status_lists.snapshot(list_id)).statuses()

    async def signed_list(self, uri: str, *, services: Services | None = None) -> SignedStatusList:
        services = services or self.services
        served = await services.status_lists.token(uri.rpartition("/")[2])
        policy = VerificationPolicy(issuer=self.settings.issuer, audiences=None)
        return check_status_list_token(
            served.body.decode(), uri, services.current.key_set, policy, self.clock()
        )

    async def sql(self, statement: str) -> list[tuple[Any, ...]]:
        """The rows of a statement, as somebody with a database client would run it."""
        async with self.storage._engine.writer() as connection:
            raw = connection.raw
            rows = await (raw.fetch(statement) if self.on_postgresql else raw.execute_fetchall(statement))
        return [tuple(row) for row in rows]

    async def count(self, table: str, where: str = "1 = 1") -> int:
        [(count,)] = await self.sql(f"SELECT count(*) FROM {table} WHERE {where}")
        return count

    async def dump(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every table."""
        tables = [name for (name,) in await self.sql(TABLES[self.on_postgresql])]
        rows = {table: await self.sql(f"SELECT * FROM {table}") for table in tables}
        return {table: sorted(rows[table], key=repr) for table in tables}

    async def audit(self, subject: str | None = None) -> list[str]:
        """What happened, in order."""
        rows = await self.sql("SELECT action, subject FROM audit ORDER BY sequence")
        return [action for action, about in rows if subject in {None, about}]


def a_request(*, days: int | None = 30, **members: Any) -> TokenRequest:
    """What a person would ask for."""
    defaults = {
        "note": "for the report",
        "scopes": ("automation:view", "company"),
        "expiry": Expiry(days=days),
    }
    return TokenRequest(**defaults | members)


def part(issued: Issued | str, number: int) -> dict[str, Any]:
    jwt = issued if isinstance(issued, str) else issued.jwt.reveal()
    return json.loads(decode(jwt.split(".")[number]))


def header_of(issued: Issued | str) -> dict[str, Any]:
    return part(issued, 0)


def claims_of(issued: Issued | str) -> dict[str, Any]:
    return part(issued, 1)


def values_of(outcomes: Sequence[object]) -> list[Issued]:
    """Of gathered outcomes those that are tokens."""
    return [outcome for outcome in outcomes if isinstance(outcome, Issued)]
