from collections.abc import Sequence
from dataclasses import asdict

from service.domain.reference import Reference, ReferenceTruth
from service.domain.token import NEVER, TokenTruth
from service.storage import words
from service.storage.connection import Connection, Row
from service.storage.truth import rows_of_primary


class SqlReferences:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, reference: Reference) -> None:
        await self._connection.many("add_reference", [asdict(reference)])

    async def end_at(self, token_id: str, ends_at: int, *, but: str = "") -> None:
        await self._connection.all("end_references_at", token_id=token_id, ends_at=ends_at, but=but)

    async def stands(self, reference_hash: str) -> bool:
        return await self._connection.one("standing_reference", reference_hash=reference_hash) is not None

    async def forget(self, *, before: int, limit: int) -> int:
        return len(await self._connection.all("forget_references", before=before, limit=limit))


async def reference_truth(connection: Connection, hashes: Sequence[str]) -> dict[str, ReferenceTruth]:
    """One statement for all, by hash."""
    rows = await rows_of_primary(connection, "reference_truth", hashes)
    return {row["reference_hash"]: _truth_of(row) for row in rows if row["reference_hash"] is not None}


def _truth_of(row: Row) -> ReferenceTruth:
    """Without key, list and index, which a reference has not."""
    truth = TokenTruth(
        row["reference_hash"],
        row["jti"],
        "",
        "",
        -1,
        NEVER if row["expires_at"] is None else row["expires_at"],
        row["token_id"],
        row["owner_id"],
        words.split(row["scopes"]),
        words.split(row["audiences"]),
        words.split(row["allowed_ips"]),
        row["reason"],
    )
    return ReferenceTruth(truth, row["issued_at"], row["not_before"])
