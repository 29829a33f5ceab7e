"""People and machines: create, narrow, disable."""

from service.application.administrators import demand_another_administrator
from service.application.current import Current
from service.application.mailed_links import Links
from service.application.ports import Storage
from service.domain.audit import AuditEntry
from service.domain.contact import LANGUAGES, Contact, email_of
from service.domain.errors import AlreadyExists, Fault, Faulty, NotFound
from service.domain.identifiers import Randomness, new_id
from service.domain.issuance import known_scopes, text_fault
from service.domain.secret import Secret
from service.domain.session import InvitationPurpose
from service.domain.user import MAX_NAME, Grant, GrantKind, Role, User, UserKind


class CreateUser:
    def __init__(self, storage: Storage, current: Current, links: Links, *, randomness: Randomness) -> None:
        self._storage = storage
        self._current = current
        self._links = links
        self._randomness = randomness

    async def __call__(
        self,
        *,
        name: str,
        role: Role,
        grant: Grant,
        actor: str,
        email: str | None = None,
        language: str = LANGUAGES[0],
    ) -> tuple[User, Secret | None]:
        """The person, and the secret of the one-time link by which they set their password, unless it is mailed.

        Raises:
            Faulty: a name, a grant or an address that cannot be.
            AlreadyExists: the name is taken, compared without case.
        """
        name, grant, address = self._judged(name.strip(), grant, email)
        async with self._storage.transaction() as tx:
            now = await tx.now()
            user = User(
                id=new_id(self._randomness),
                kind=UserKind.PERSON,
                name=name,
                role=role,
                password_hash=None,
                grant=grant,
                created_at=now,
            )
            if not await tx.users.add(user):
                raise AlreadyExists(f"the name {name!r} is taken")
            await tx.contacts.put(Contact(user_id=user.id, email=address, language=language))
            secret = await self._links.offer(tx, InvitationPurpose.INVITATION, user.id)
            entry = AuditEntry(
                actor=actor, action="user.created", subject=f"user:{user.id}", detail={"role": role}
            )
            await tx.audit.append([entry], now)
        return user, secret

    def _judged(self, name: str, grant: Grant, email: str | None) -> tuple[str, Grant, str | None]:
        """Raises Faulty: with everything that cannot be."""
        faults: list[Fault] = []
        if fault := text_fault("name", name, longest=MAX_NAME):
            faults.append(fault)
        if grant.kind is GrantKind.LISTED:
            grant = Grant(grant.kind, known_scopes(grant.scopes, self._current.catalogue, faults))
        address = email_of(email, faults)
        if faults:
            raise Faulty(faults)
        return name, grant, address


class DisableUser:
    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def __call__(self, user_id: str, *, actor: str) -> int:
        """Disable, end every session and revoke every token of theirs in one transaction (R17).

        Answers how many values were revoked. A repeat changes nothing and is audited again.

        Raises:
            NotFound: no such user.
            LastAdministrator: nobody could undo it.
        """
        async with self._storage.transaction() as tx:
            user = await tx.users.lock(user_id)
            if user is None:
                raise NotFound("no such user")
            await demand_another_administrator(tx, user)
            now = await tx.now()
            await tx.users.change(
                user.id,
                role=user.role,
                password_hash=user.password_hash,
                grant=user.grant,
                disabled_at=user.disabled_at or now,
            )
            await tx.sessions.end_all(user.id, now)
            await tx.invitations.withdraw_of(user.id, now)
            await tx.short_tokens.revoke_all_of(user.id, now)
            changes = await tx.revocations.revoke_all_of(user.id, now=now, by=actor, reason="owner_disabled")
            if changes:
                await tx.status_lists.announce(changes, now)
            entry = AuditEntry(
                actor=actor,
                action="user.disabled",
                subject=f"user:{user.id}",
                detail={"values": len(changes)},
            )
            await tx.audit.append([entry], now)
        return len(changes)
