from service.domain.session import Invitation, InvitationPurpose
from service.storage.connection import Connection


class SqlInvitations:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, invitation: Invitation) -> None:
        await self._connection.one(
            "add_invitation",
            secret_hash=invitation.secret_hash,
            purpose=invitation.purpose.value,
            user_id=invitation.user_id,
            created_at=invitation.created_at,
            expires_at=invitation.expires_at,
            used_at=invitation.used_at,
        )

    async def owner(self, secret_hash: str) -> str | None:
        row = await self._connection.one("invitation_owner", secret_hash=secret_hash)
        return row["user_id"] if row else None

    async def consume(self, secret_hash: str, now: int) -> Invitation | None:
        row = await self._connection.one("consume_invitation", secret_hash=secret_hash, now=now)
        if row is None:
            return None
        return Invitation(
            secret_hash=row["secret_hash"],
            purpose=InvitationPurpose(row["purpose"]),
            user_id=row["user_id"],
            created_at=row["created_at"],
            expires_at=row["expires_at"],
            used_at=row["used_at"],
        )

    async def withdraw_of(self, user_id: str, now: int) -> None:
        await self._connection.all("withdraw_invitations_of", user_id=user_id, now=now)

    async def withdraw(self, purpose: str, now: int) -> None:
        await self._connection.all("withdraw_invitations", purpose=str(purpose), now=now)
