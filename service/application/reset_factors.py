"""Let somebody in again who lost every second factor."""

from service.application.ports import Storage
from service.domain.audit import AuditEntry
from service.domain.errors import NotFound
from service.domain.user import UserKind


class ResetFactors:
    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def __call__(self, user_id: str, *, actor: str) -> int:
        """The account asks for its password alone, as if none had ever been set up; answers how many there were.

        Its sessions are told, those opened later too. A repeat changes nothing and is audited again.

        Raises:
            NotFound: no such person.
        """
        async with self._storage.transaction() as tx:
            user = await tx.users.lock(user_id)
            if user is None or user.kind is not UserKind.PERSON:
                raise NotFound("no such person")
            now = await tx.now()
            removed = await tx.second_factors.remove_all(user.id)
            await tx.second_factors.replace_codes(user.id, [])
            if removed:
                await tx.second_factors.put_notice(user.id, "second_factors.reset", session_id="", at=now)
            entry = AuditEntry(
                actor=actor,
                action="second_factors.reset",
                subject=f"user:{user.id}",
                detail={"factors": removed},
            )
            await tx.audit.append([entry], now)
        return removed
