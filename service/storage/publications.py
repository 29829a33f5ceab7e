from collections.abc import Mapping, Sequence

from service.domain.publication import Form, Publication
from service.storage.connection import Connection


class SqlPublications:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

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
