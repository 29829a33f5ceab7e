"""One-time links that go by mail: nobody but who reads it there ever sees them."""

from collections import deque
from typing import Final

from keys import MasterKeys
from service.application import notices
from service.application.invitations import Invitations
from service.application.ports import Storage, Transaction
from service.domain.audit import AuditEntry
from service.domain.errors import Unknown
from service.domain.identifiers import Randomness
from service.domain.notice import About, Kind, link_row
from service.domain.secret import Secret
from service.domain.session import InvitationPurpose
from service.domain.user import UserKind

MOST_WAITING: Final = 256
MOST_AN_HOUR: Final = 3
"""Links for a forgotten password that one account is mailed in an hour, whoever asks."""
_KINDS: Final = {
    InvitationPurpose.INVITATION: Kind.INVITATION,
    InvitationPurpose.PASSWORD: Kind.PASSWORD_LINK,
}


class Links:
    """Links are mailed where there is a mail server, an address, and a key to seal them under; else they are shown."""

    def __init__(
        self,
        invitations: Invitations,
        masters: MasterKeys | None,
        *,
        randomness: Randomness,
        mails: bool,
        lifetime: int,
    ) -> None:
        self._invitations = invitations
        self._masters = masters if mails else None
        self._randomness = randomness
        self._lifetime = lifetime

    async def offer(self, tx: Transaction, purpose: InvitationPurpose, user_id: str) -> Secret | None:
        """The secret of a link that is to be shown; None where it is mailed once this transaction is committed."""
        if not await self.are_mailed_to(tx, user_id):
            return await self._invitations.invite(tx, purpose, user_id=user_id)
        assert self._masters is not None  # noqa: S101 - or nothing is mailed
        secret = await self._invitations.invite(tx, purpose, user_id=user_id, lifetime=self._lifetime)
        kind = _KINDS[purpose]
        sealed = self._masters.seal(
            secret.reveal().encode(), link_row(kind, user_id), randomness=self._randomness
        )
        end = await tx.now() + self._lifetime
        await notices.add(tx, kind, About(user_id=user_id, sealed=sealed, expires_at=end))
        return None

    async def are_mailed_to(self, tx: Transaction, user_id: str) -> bool:
        return self._masters is not None and (await tx.contacts.of(user_id)).email is not None


class ForgottenPassword:
    """Asked by anybody, for any name: what becomes of it is seen in a mailbox alone, and takes the asker no time."""

    def __init__(self, storage: Storage, links: Links) -> None:
        self._storage = storage
        self._links = links
        self._asked: deque[str] = deque(maxlen=MOST_WAITING)

    def ask(self, name: str) -> None:
        """Let a link be mailed to who is called so, if there is such a person with an address."""
        if name not in self._asked:
            self._asked.append(name)

    async def __call__(self) -> None:
        """Mail what was asked for.

        Raises:
            StorageUnavailable, OutcomeUnknown: what is left waits for the next time.
        """
        while self._asked:
            name = self._asked.popleft()
            try:
                await self._mail(name)
            except Unknown:
                self._asked.appendleft(name)
                raise

    async def _mail(self, name: str) -> None:
        async with self._storage.transaction() as tx:
            found = await tx.users.find(name)
            user = await tx.users.lock(found.id) if found is not None else None
            if user is None or user.kind is not UserKind.PERSON or user.disabled_at is not None:
                return
            now = await tx.now()
            lately = await tx.notices.count_to(user.id, Kind.PASSWORD_LINK, since=now - 3_600)
            if lately >= MOST_AN_HOUR or not await self._links.are_mailed_to(tx, user.id):
                return
            await self._links.offer(tx, InvitationPurpose.PASSWORD, user.id)
            entry = AuditEntry(actor="nobody", action="user.password_link_asked", subject=f"user:{user.id}")
            await tx.audit.append([entry], now)
