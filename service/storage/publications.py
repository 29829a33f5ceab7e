from collections.abc import Mapping, Sequence

from service.domain.errors import StorageUnavailable
from service.domain.permutation import CAPACITY
from service.domain.publication import (
    ChangedEntry,
    Form,
    Position,
    Publication,
    PublicationState,
    Standing,
)
from service.storage.connection import Connection


class SqlPublications:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def state(self) -> PublicationState:
        row = await self._connection.only("publication_state", capacity=CAPACITY)
        if not row["writable"]:
            raise StorageUnavailable("this server takes no writes: what it says may be old")
        return PublicationState(row["epoch"], row["revision"], row["lists"], row["closed"], row["as_of"])

    async def standing(self) -> Standing:
        row = await self._connection.only("publication_state", capacity=CAPACITY)
        lists = await self._connection.all("status_list_versions", capacity=CAPACITY)
        versions = {each["id"]: int(each["revision"]) for each in lists}
        closed = frozenset(each["id"] for each in lists if each["closed"])
        return Standing(Position(row["epoch"], row["revision"]), row["as_of"], versions, closed)

    async def changes(self, *, after: int, limit: int) -> list[ChangedEntry]:
        rows = await self._connection.all("latest_status_changes", after=after, limit=limit)
        return [
            ChangedEntry(row["revision"], row["list_id"], row["idx"], row["status"], row["changed_at"])
            for row in reversed(rows)
        ]

    async def note(self, publications: Sequence[Publication]) -> None:
        rows = [
            {"form": each.form.value, "revision": each.revision, "at_ms": each.at_ms}
            for each in sorted(publications)
        ]
        await self._connection.many("note_publication", rows)

    async def of(self, revision: int) -> Mapping[Form, int]:
        rows = await self._connection.all("publications_of", revision=revision)
        return {Form(row["form"]): int(row["at_ms"]) for row in rows}

    async def forget(self, *, before_ms: int, limit: int) -> int:
        return len(await self._connection.all("forget_publications", before_ms=before_ms, limit=limit))
