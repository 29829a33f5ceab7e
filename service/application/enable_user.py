"""Enable: somebody who was disabled may come back; nothing of what they had does."""

from dataclasses import replace

from service.application.ports import Storage
from service.domain.audit import AuditEntry
from service.domain.errors import NotFound
from service.domain.user import User


class EnableUser:
    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def __call__(self, user_id: str, *, actor: str) -> User:
        """The account, which may sign in and make tokens again. Of an enabled one nothing changes.

        Tokens and sessions that ended stay ended, also one that somehow outlived the disabling (R2, R17).

        Raises:
            NotFound: no such user.
        """
        async with self._storage.transaction() as tx:
            user = await tx.users.lock(user_id)
            if user is None:
                raise NotFound("no such user")
            now = await tx.now()
            if user.disabled_at is not None:
                await tx.sessions.end_all(user.id, now)
                changes = await tx.revocations.revoke_all_of(
                    user.id, now=now, by=actor, reason="owner_disabled"
                )
                if changes:
                    await tx.status_lists.announce(changes, now)
                await tx.users.change(
                    user.id,
                    role=user.role,
                    password_hash=user.password_hash,
                    grant=user.grant,
                    disabled_at=None,
                )
            entry = AuditEntry(actor=actor, action="user.enabled", subject=f"user:{user.id}")
            await tx.audit.append([entry], now)
        return replace(user, disabled_at=None)
