from collections.abc import Mapping, Sequence

from service.domain.permutation import CAPACITY
from service.domain.publication import (
    ChangedEntry,
    Form,
    Publication,
    PublicationState,
)
from service.storage.connection import Connection


class SqlPublications:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def news(self, *, after: int, limit: int) -> tuple[PublicationState, list[ChangedEntry]]:
        rows = await self._connection.all("publication_news", capacity=CAPACITY, after=after, limit=limit)
        state = PublicationState(*(rows[0][member] or 0 for member in PublicationState._fields))
        return state, [
            ChangedEntry(row["changed_in"], row["list_id"], row["idx"], row["status"], row["changed_at"])
            for row in reversed(rows)
            if row["changed_in"] is not None
        ]

    async def lists(self) -> tuple[Mapping[str, int], frozenset[str]]:
        rows = await self._connection.all("status_list_versions", capacity=CAPACITY)
        return (
            {row["id"]: int(row["revision"]) for row in rows},
            frozenset(row["id"] for row in rows if row["closed"]),
        )

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
