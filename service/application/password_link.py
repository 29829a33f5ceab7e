"""Let somebody set a new password who forgot theirs."""

from service.application.mailed_links import Links
from service.application.ports import Storage
from service.domain.audit import AuditEntry
from service.domain.errors import NotFound
from service.domain.secret import Secret
from service.domain.session import InvitationPurpose
from service.domain.user import UserKind


class NewPasswordLink:
    def __init__(self, storage: Storage, links: Links) -> None:
        self._storage = storage
        self._links = links

    async def __call__(self, user_id: str, *, actor: str) -> Secret | None:
        """The secret of a one-time link by which a person sets a new password; the present one holds until then.

        None where it is mailed to them.

        Raises:
            NotFound: no such person, or a disabled one.
        """
        async with self._storage.transaction() as tx:
            user = await tx.users.lock(user_id)
            if user is None or user.kind is not UserKind.PERSON or user.disabled_at is not None:
                raise NotFound("no such person")
            secret = await self._links.offer(tx, InvitationPurpose.PASSWORD, user.id)
            entry = AuditEntry(actor=actor, action="user.password_link", subject=f"user:{user.id}")
            await tx.audit.append([entry], await tx.now())
        return secret
