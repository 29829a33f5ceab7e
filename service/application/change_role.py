"""Change what somebody is here: user, auditor or administrator."""

from dataclasses import replace

from service.application.administrators import demand_another_administrator
from service.application.ports import Storage
from service.domain.audit import AuditEntry
from service.domain.errors import Fault, Faulty, NotFound
from service.domain.user import Role, User, UserKind


class ChangeRole:
    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def __call__(self, user_id: str, role: Role, *, actor: str) -> User:
        """The account in its role. Its sessions end, because they were opened by somebody who could do other things.

        Tokens go on: roles are about this service, tokens about the APIs. Nothing ends where the role is the same.

        Raises:
            NotFound: no such user.
            Faulty: a machine user has no role.
            LastAdministrator: nobody could change it back.
        """
        async with self._storage.transaction() as tx:
            user = await tx.users.lock(user_id)
            if user is None:
                raise NotFound("no such user")
            if user.kind is UserKind.MACHINE:
                raise Faulty([Fault("role", "not_for_machines", "nobody signs in as a machine")])
            if role is not Role.ADMINISTRATOR:
                await demand_another_administrator(tx, user)
            now = await tx.now()
            await tx.users.change(
                user.id,
                role=role,
                password_hash=user.password_hash,
                grant=user.grant,
                disabled_at=user.disabled_at,
            )
            if role is not user.role:
                await tx.sessions.end_all(user.id, now)
            entry = AuditEntry(
                actor=actor,
                action="user.role_changed",
                subject=f"user:{user.id}",
                detail={"was": user.role, "now": role},
            )
            await tx.audit.append([entry], now)
        return replace(user, role=role)
