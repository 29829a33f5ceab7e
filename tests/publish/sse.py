"""A reader of the event stream: the protocol of docs/revocation.md, and nothing of ours."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp


@dataclass(frozen=True)
class Event:
    id: str
    name: str
    data: Any

    @property
    def revision(self) -> int:
        return self.data["revision"]


class Stream:
    """One connection; events as they come."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self.response = response

    async def next(self) -> Event | None:
        """None at the end."""
        fields: dict[str, str] = {}
        while line := await self.response.content.readline():
            text = line.decode().rstrip("\n")
            if not text and "data" in fields:
                return Event(fields.get("id", ""), fields["event"], json.loads(fields["data"]))
            name, _, value = text.partition(": ")
            fields[name] = value
        return None

    async def next_of(self, *names: str) -> Event:
        """The next event of these names."""
        while (event := await self.next()) is not None:
            if event.name in names:
                return event
        raise EOFError

    async def until(self, revision: int) -> list[Event]:
        """Every change up to a revision."""
        changes = []
        while not changes or changes[-1].revision < revision:
            changes.append(await self.next_of("change"))
        return changes


@asynccontextmanager
async def reading(url: str, last: str | None = None, **headers: str) -> AsyncIterator[Stream]:
    """A stream from *last* on; an answer that is none has its status."""
    sent = {**headers, **({"Last-Event-ID": last} if last else {})}
    timeout = aiohttp.ClientTimeout(total=60)
    async with (
        aiohttp.ClientSession(timeout=timeout, read_bufsize=2**20) as http,
        http.get(url, headers=sent) as response,
    ):
        yield Stream(response)
