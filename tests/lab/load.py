"""Clients of all replicas at once, who ask about tokens and end them in three ways, and note what they were told."""

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import aiohttp

from keys import Purpose
from tests.lab.cluster import Cluster
from tests.lab.evidence import active_kids
from tests.lab.register import NEVER, Event
from tests.lab.replica import TOKENS, Gateway, Person
from tests.servers.leash import wait_until

AT_ONCE = 8
PAUSE = 0.04  # seconds, of a client between two calls
WITHIN = 10  # seconds; whoever heard nothing by then knows nothing
REVOKED, USERS, EACH = 40, 4, 3
COMPROMISED_AT = 0.7  # of all operations

_SEEDS_RUN = count()


@dataclass(frozen=True, slots=True)
class Call:
    """When it was made and over, in seconds, and how it failed."""

    began: float
    ended: float
    failure: str


@dataclass
class Token:
    """A token and everything that was asked, told and done about it."""

    value: str
    id: str
    history: list[Event] = field(default_factory=list)


@dataclass
class Load:
    """`operations` calls by AT_ONCE clients; what they do is the seed's choice, when it happens is not."""

    cluster: Cluster
    seed: int
    operations: int
    single: list[Token] = field(default_factory=list)
    owned: list[tuple[Person, list[Token]]] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    _hot: list[Token] = field(default_factory=list)

    @property
    def tokens(self) -> list[Token]:
        return [*self.single, *(token for _, tokens in self.owned for token in tokens)]

    @property
    def administrator(self) -> Person:
        return self.cluster.replicas[0].administrator

    @property
    def gateway(self) -> Gateway:
        return self.cluster.replicas[0].gateway

    def prepare(self) -> None:
        """Make the tokens, while nothing is broken yet."""
        self.single = [_made(self.administrator) for _ in range(REVOKED)]
        for _ in range(USERS):
            user = self.administrator.invite(f"user {next(_SEEDS_RUN)}")
            self.owned.append((user, [_made(user) for _ in range(EACH)]))
        assert wait_until(self._is_known_everywhere, within=5)
        [self._kid] = active_kids(self.cluster.replicas[0])[Purpose.ACCESS_TOKEN]

    def _is_known_everywhere(self) -> bool:
        """Whether every replica has heard of the gateway: they look for new clients once a second."""
        gateways = [Gateway(replica, self.gateway.authorization) for replica in self.cluster.replicas]
        return all(gateway.introspect("x").status == 200 for gateway in gateways)

    async def run(self) -> None:
        """All of it; answers of any kind are noted, none is demanded here."""
        self._chance = random.Random(self.seed)
        self._left = iter(range(self.operations))
        self._to_revoke, self._to_disable = list(self.single), list(self.owned)
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=WITHIN)) as self._http:
            await asyncio.gather(*(self._client() for _ in range(AT_ONCE)))

    async def _client(self) -> None:
        for number in self._left:
            if number == int(self.operations * COMPROMISED_AT):
                await self._compromise()
            elif self._to_revoke and self._chance.random() < 1.2 * REVOKED / self.operations:
                await self._revoke(self._to_revoke.pop())
            elif self._to_disable and self._chance.random() < 1.5 * USERS / self.operations:
                await self._disable(*self._to_disable.pop())
            else:
                await self._introspect()
            await asyncio.sleep(self._chance.uniform(0, 2 * PAUSE))

    async def _introspect(self) -> None:
        token = self._chance.choice(self._hot if self._hot and self._chance.random() < 0.5 else self.tokens)
        answer, began, ended = await self._call(
            "POST", "/oauth2/introspect", self.gateway.authorization, data={"token": token.value}
        )
        active = None if answer is None else answer["active"]
        token.history.append(Event("read", began, ended if answer else NEVER, active))

    async def _revoke(self, token: Token) -> None:
        await self._end([token], "DELETE", f"{TOKENS}/{token.id}")

    async def _disable(self, user: Person, tokens: Sequence[Token]) -> None:
        await self._end(tokens, "POST", f"/v1/admin/users/{user.id}/disable")

    async def _compromise(self) -> None:
        await self._end(
            self.tokens, "POST", f"/v1/admin/keys/{self._kid}/compromise", json={"reason": "drill"}
        )

    async def _end(self, tokens: Sequence[Token], method: str, path: str, **body: Any) -> None:
        self._hot = [*self._hot[-8:], *tokens[:8]]
        answer, began, ended = await self._call(method, path, self.administrator.authorization, **body)
        event = Event("revoke", began, ended if answer is not None else NEVER)
        for token in tokens:
            token.history.append(event)

    async def _call(
        self, method: str, path: str, authorization: str, **body: Any
    ) -> tuple[Any | None, float, float]:
        """At a replica of chance; the answer's JSON, None unless it is 200, and when it was asked and read."""
        port, began, answer = self._chance.choice(self.cluster.replicas).port, time.monotonic(), None
        try:
            async with self._http.request(
                method, f"http://127.0.0.1:{port}{path}", headers={"Authorization": authorization}, **body
            ) as response:
                told = await response.json(content_type=None)
                answer = told if response.status == 200 else None
                said = f"{response.status} {told}"
        except (aiohttp.ClientError, TimeoutError) as error:
            said = repr(error)
        ended = time.monotonic()
        self.calls.append(Call(began, ended, f"{method} {path} {port}: {said}" if answer is None else ""))
        return answer, began, ended


def _made(person: Person) -> Token:
    answer = person.create()
    return Token(answer["token"], answer["id"])
