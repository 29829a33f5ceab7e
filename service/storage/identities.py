from service.application.identity_ports import Found
from service.storage.connection import Connection, storable
from service.storage.users import user_of


class SqlIdentities:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def user_id(self, issuer: str, subject: str) -> str | None:
        if not storable(issuer + subject):
            return None
        row = await self._connection.one("user_of_identity", issuer=issuer, subject=subject)
        return row["user_id"] if row else None

    async def find(self, issuer: str, subject: str) -> Found | None:
        row = await self._connection.one("person_of_identity", issuer=issuer, subject=subject)
        return Found(user_of(row), row["signed_in_at"], row["now"]) if row else None

    async def add(self, issuer: str, subject: str, user_id: str, now: int) -> bool:
        row = await self._connection.one(
            "add_identity", issuer=issuer, subject=subject, user_id=user_id, linked_at=now
        )
        return row is not None

    async def of_user(self, user_id: str) -> list[tuple[str, str]]:
        rows = await self._connection.all("identities_of", user_id=user_id)
        return [(row["issuer"], row["subject"]) for row in rows]

    async def opened(self, session_id: str, issuer: str, subject: str, sid: str | None) -> None:
        await self._connection.one(
            "add_provider_session", session_id=session_id, issuer=issuer, subject=subject, sid=sid
        )

    async def end_sessions(self, issuer: str, sid: str, subject: str | None, now: int) -> list[str]:
        rows = await self._connection.all(
            "end_sessions_of_sid", issuer=issuer, sid=sid, subject=subject, now=now
        )
        return [row["user_id"] for row in rows]
