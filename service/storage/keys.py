import json
from collections.abc import Mapping
from typing import Any, Final

from keys import KeyRing, KeyState, Purpose, SigningKey
from service.storage.connection import Connection, Row

_AS_THEY_ARE: Final = (
    "kid",
    "algorithm",
    "sealed_private",
    "master_id",
    "created_at",
    "published_at",
    "activated_at",
    "retired_at",
    "private_destroyed_at",
    "removed_at",
    "compromised_at",
)


class SqlKeys:
    """Also the keys' own `KeyStore`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._held: int | None = None  # nobody else moves it until this transaction ends

    async def lock(self) -> int:
        if self._held is None:
            row = await self._connection.only("lock_head", name="key_set")
            self._held = int(row["value"])
        return self._held

    async def load(self) -> KeyRing:
        rows = await self._connection.all("key_set")
        return KeyRing(rows[0]["version"], [_key_of(row) for row in rows if row["kid"] is not None])

    async def store(self, ring: KeyRing, *, expected_version: int) -> bool:
        if await self._connection.one("advance_head_from", name="key_set", expected=expected_version) is None:
            return False
        self._held = None
        # the active one last: the one before it must have made room
        keys = sorted(ring.keys, key=lambda key: key.state is KeyState.ACTIVE)
        await self._connection.many("store_signing_key", [_columns_of(key) for key in keys])
        return True

    async def latest_exp_by_kid(self) -> Mapping[str, int]:
        return {row["kid"]: row["latest_exp"] for row in await self._connection.all("latest_exp_by_kid")}

    async def live_by_kid(self) -> Mapping[str, int]:
        return {row["kid"]: row["live"] for row in await self._connection.all("live_by_kid")}

    async def lost_with_live_values(self) -> list[str]:
        return [row["kid"] for row in await self._connection.all("lost_with_live_values")]

    async def is_lost(self, token_id: str) -> bool:
        return await self._connection.one("lost_record", token_id=token_id) is not None


def _key_of(row: Row) -> SigningKey:
    return SigningKey(
        **{column: row[column] for column in _AS_THEY_ARE},
        purpose=Purpose(row["purpose"]),
        state=KeyState(row["state"]),
        public_jwk=json.loads(row["public_jwk"]),
        bootstrap=bool(row["bootstrap"]),
    )


def _columns_of(key: SigningKey) -> dict[str, Any]:
    return {column: getattr(key, column) for column in _AS_THEY_ARE} | {
        "purpose": key.purpose.value,
        "state": key.state.value,
        "public_jwk": json.dumps(dict(key.public_jwk), sort_keys=True, separators=(",", ":")),
        "bootstrap": int(key.bootstrap),
    }
