"""The one question that decides: may this value be honoured now?"""

import re
from collections.abc import Sequence

from service.domain.errors import StorageUnavailable
from service.domain.token import TokenTruth
from service.storage import words
from service.storage.connection import Connection, Row
from service.storage.padded import padded

_KEY = re.compile(r"[0-9A-Za-z_-]{1,64}", re.ASCII)


async def truth_by_hash(connection: Connection, token_hashes: Sequence[str]) -> dict[str, TokenTruth]:
    """One statement for all; a hash that cannot be one is unknown and reaches no database (threats 1)."""
    rows = await rows_of_primary(connection, "truth", _keys(token_hashes))
    return {row["token_hash"]: _truth_of(row) for row in rows if row["token_hash"] is not None}


async def truth_by_jti(connection: Connection, jtis: Sequence[str]) -> dict[str, TokenTruth]:
    """By way of the hashes, which never change: the verdict is read in one statement all the same."""
    hashes = [row["token_hash"] for row in await connection.all("hashes_of", **padded(_keys(jtis)))]
    return {truth.jti: truth for truth in (await truth_by_hash(connection, hashes)).values()}


async def rows_of_primary(connection: Connection, statement: str, keys: Sequence[str]) -> Sequence[Row]:
    """What a statement about up to 32 keys says, read where writes go; one row at least, be it of nothing.

    Raises:
        StorageUnavailable: this server may lag behind the one that revocations are written to.
    """
    rows = await connection.all(statement, **padded(keys))
    if not all(row["writable"] for row in rows):
        raise StorageUnavailable("this database server is a standby or read-only: it cannot tell the truth")
    return rows


def _keys(asked: Sequence[str]) -> list[str]:
    return [key for key in asked if _KEY.fullmatch(key)]


def _truth_of(row: Row) -> TokenTruth:
    return TokenTruth(
        row["token_hash"],
        row["jti"],
        row["kid"],
        row["list_id"],
        row["idx"],
        row["expires_at"],
        row["token_id"],
        row["owner_id"],
        words.split(row["scopes"]),
        words.split(row["audiences"]),
        words.split(row["allowed_ips"]),
        row["reason"],
    )
