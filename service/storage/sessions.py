from collections.abc import Sequence

from service.domain.principal import SignedIn
from service.domain.second_factor import UntoldChange
from service.domain.session import Carrier, Session
from service.domain.user import User
from service.storage.connection import Connection, Row
from service.storage.padded import padded
from service.storage.users import user_of


async def signed_in(connection: Connection, secret_hashes: Sequence[str]) -> dict[str, SignedIn]:
    """Whose sessions are live, in one statement for all."""
    rows = await connection.all("live_sessions", **padded(secret_hashes))
    return {row["secret_hash"]: _signed_in(row) for row in rows}


class SqlSessions:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, session: Session) -> None:
        await self._connection.one(
            "add_session",
            id=session.id,
            secret_hash=session.secret_hash,
            user_id=session.user_id,
            carrier=session.carrier.value,
            created_at=session.created_at,
            confirmed_at=session.confirmed_at,
            seen_at=session.seen_at,
            expires_at=session.expires_at,
            ended_at=session.ended_at,
            opened_from=session.opened_from,
            opened_with=session.opened_with,
        )

    async def find(self, secret_hash: str) -> tuple[Session, User] | None:
        who = (await signed_in(self._connection, [secret_hash])).get(secret_hash)
        return (who.session, who.user) if who is not None else None

    async def of_user(self, user_id: str) -> list[Session]:
        rows = await self._connection.all("sessions_of_user", user_id=user_id)
        return [_session_of(row) for row in rows]

    async def seen(self, session_id: str, now: int) -> None:
        await self._connection.one("see_session", id=session_id, now=now)

    async def confirm(self, session_id: str, secret_hash: str, now: int) -> None:
        await self._connection.one("confirm_session", id=session_id, secret_hash=secret_hash, now=now)

    async def end(self, session_id: str, now: int) -> None:
        await self._connection.one("end_session", id=session_id, now=now)

    async def end_all(self, user_id: str, now: int, *, but: str | None = None) -> None:
        await self._connection.all("end_sessions", user_id=user_id, now=now, but=but)


def _signed_in(row: Row) -> SignedIn:
    return SignedIn(
        user_of(row),
        _session_of(row),
        row["now"],
        has_second_factor=row["factors"] > 0,
        notice=None if row["notice"] is None else UntoldChange(row["notice"], row["notice_at"]),
    )


def _session_of(row: Row) -> Session:
    return Session(
        id=row["session_id"],
        secret_hash=row["secret_hash"],
        user_id=row["user_id"],
        carrier=Carrier(row["carrier"]),
        created_at=row["opened_at"],
        confirmed_at=row["confirmed_at"],
        seen_at=row["seen_at"],
        expires_at=row["expires_at"],
        ended_at=row["ended_at"],
        opened_from=row["opened_from"],
        opened_with=row["opened_with"],
    )
