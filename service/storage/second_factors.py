from collections.abc import Sequence

from service.domain.second_factor import Factor, FactorKind
from service.storage.connection import Connection, Row


class SqlSecondFactors:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def of_user(self, user_id: str) -> list[Factor]:
        return [_factor(row) for row in await self._connection.all("second_factors", user_id=user_id)]

    async def unconfirmed(self, factor_id: str, user_id: str, *, since: int) -> Factor | None:
        row = await self._connection.one("unconfirmed_factor", id=factor_id, user_id=user_id, since=since)
        return _factor(row) if row else None

    async def add(self, factor: Factor) -> bool:
        row = await self._connection.one(
            "add_second_factor",
            id=factor.id,
            user_id=factor.user_id,
            kind=factor.kind.value,
            name=factor.name,
            sealed=factor.sealed,
            credential_id=factor.credential_id,
            public_key=factor.public_key,
            counter=factor.counter,
            created_at=factor.created_at,
            confirmed_at=factor.confirmed_at,
        )
        return row is not None

    async def confirm(self, factor_id: str, *, name: str, counter: int, now: int) -> bool:
        row = await self._connection.one(
            "confirm_second_factor", id=factor_id, name=name, counter=counter, now=now
        )
        return row is not None

    async def use(self, factor_id: str, *, counter: int, now: int) -> bool:
        row = await self._connection.one("use_second_factor", id=factor_id, counter=counter, now=now)
        return row is not None

    async def rename(self, factor_id: str, user_id: str, name: str) -> bool:
        row = await self._connection.one("rename_second_factor", id=factor_id, user_id=user_id, name=name)
        return row is not None

    async def remove(self, factor_id: str, user_id: str) -> bool:
        row = await self._connection.one("remove_second_factor", id=factor_id, user_id=user_id)
        return row is not None

    async def remove_all(self, user_id: str) -> int:
        return len(await self._connection.all("remove_second_factors", user_id=user_id))

    async def drop_unconfirmed(self, user_id: str) -> None:
        await self._connection.all("drop_unconfirmed_of", user_id=user_id)

    async def replace_codes(self, user_id: str, hashes: Sequence[str]) -> None:
        await self._connection.all("remove_recovery_codes", user_id=user_id)
        rows = [{"user_id": user_id, "code_hash": code_hash} for code_hash in hashes]
        await self._connection.many("add_recovery_code", rows)

    async def has_code(self, user_id: str, code_hash: str) -> bool:
        row = await self._connection.one("find_recovery_code", user_id=user_id, code_hash=code_hash)
        return row is not None

    async def use_code(self, user_id: str, code_hash: str) -> bool:
        row = await self._connection.one("use_recovery_code", user_id=user_id, code_hash=code_hash)
        return row is not None

    async def codes_left(self, user_id: str) -> int:
        return int((await self._connection.only("count_recovery_codes", user_id=user_id))["codes"])

    async def use_challenge(self, challenge_hash: str, expires_at: int) -> bool:
        row = await self._connection.one(
            "use_challenge", challenge_hash=challenge_hash, expires_at=expires_at
        )
        return row is not None

    async def put_notice(self, user_id: str, action: str, *, session_id: str, at: int) -> None:
        await self._connection.one(
            "put_account_notice", user_id=user_id, action=action, session_id=session_id, at=at
        )

    async def noticed(self, session_id: str, now: int) -> None:
        await self._connection.one("note_notice", id=session_id, now=now)

    async def sweep(self, now: int, *, unconfirmed_before: int) -> None:
        await self._connection.all("drop_unconfirmed_factors", before=unconfirmed_before)
        await self._connection.all("forget_challenges", now=now)


def _factor(row: Row) -> Factor:
    return Factor(
        id=row["id"],
        user_id=row["user_id"],
        kind=FactorKind(row["kind"]),
        name=row["name"],
        sealed=row["sealed"],
        credential_id=row["credential_id"],
        public_key=row["public_key"],
        counter=row["counter"],
        created_at=row["created_at"],
        confirmed_at=row["confirmed_at"],
        last_used_at=row["last_used_at"],
    )
