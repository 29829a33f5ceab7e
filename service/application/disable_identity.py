"""Somebody left: their provider says so, by the name that it has for them."""

from dataclasses import dataclass

from service.application.ports import Storage
from service.application.users import DisableUser
from service.domain.audit import AuditEntry


@dataclass(frozen=True, slots=True)
class Disabled:
    """`user_id` None: nobody here came under that name."""

    user_id: str | None
    revoked_values: int


class DisableIdentity:
    def __init__(self, storage: Storage, disable_user: DisableUser) -> None:
        self._storage = storage
        self._disable_user = disable_user

    async def __call__(self, issuer: str, subject: str, *, actor: str) -> Disabled:
        """Whoever that is here is disabled, with every session and token of theirs (R17). A repeat changes nothing.

        Raises:
            LastAdministrator: nobody could undo it.
        """
        async with self._storage.reading() as read:
            user_id = await read.identities.user_id(issuer, subject)
        if user_id is not None:
            return Disabled(user_id, await self._disable_user(user_id, actor=actor))
        async with self._storage.transaction() as tx:
            entry = AuditEntry(
                actor=actor, action="user.unknown_leaver", subject="users", detail={"issuer": issuer[:255]}
            )
            await tx.audit.append([entry], await tx.now())
        return Disabled(None, 0)
