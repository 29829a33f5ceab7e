"""One-time links: the first administrator, an invitation, a forgotten password."""

import asyncio
from dataclasses import replace

from service.application.attempts import NOWHERE, Origin
from service.application.passwords import Passwords
from service.application.ports import Storage, Transaction
from service.application.sign_in import OpenedSession, Sessions
from service.application.throttle import Tried, TryPassword
from service.domain.audit import AuditEntry
from service.domain.errors import AlreadyExists, Faulty, NotFound
from service.domain.identifiers import Randomness, new_id
from service.domain.issuance import text_fault
from service.domain.password import normalised, password_faults
from service.domain.second_factor import NO_PROOF, Proof
from service.domain.secret import Secret, new_secret, secret_hash
from service.domain.session import Carrier, Invitation, InvitationPurpose
from service.domain.user import MAX_NAME, Grant, GrantKind, Role, User, UserKind


class Invitations:
    """Makes links and accepts them. A link's secret is stored hashed and lives `lifetime` seconds."""

    def __init__(
        self,
        storage: Storage,
        sessions: Sessions,
        passwords: Passwords,
        try_password: TryPassword,
        *,
        randomness: Randomness,
        lifetime: int,
    ) -> None:
        self._storage = storage
        self._sessions = sessions
        self._passwords = passwords
        self._try = try_password
        self._randomness = randomness
        self._lifetime = lifetime

    async def for_first_administrator(self) -> Secret | None:
        """A fresh link, which replaces those before it; None once there is an administrator."""
        purpose = InvitationPurpose.FIRST_ADMINISTRATOR
        async with self._storage.transaction() as tx:
            if await tx.users.administrator_exists():
                return None
            await tx.invitations.withdraw(purpose, await tx.now())
            return await self.invite(tx, purpose, user_id=None)

    async def invite(
        self,
        tx: Transaction,
        purpose: InvitationPurpose,
        *,
        user_id: str | None,
        lifetime: int | None = None,
    ) -> Secret:
        """A link within the caller's transaction, good for `lifetime` seconds where that is not as for all."""
        now = await tx.now()
        secret = new_secret(self._randomness)
        invitation = Invitation(
            secret_hash=secret_hash(secret),
            purpose=purpose,
            user_id=user_id,
            created_at=now,
            expires_at=now + (lifetime or self._lifetime),
        )
        await tx.invitations.add(invitation)
        return secret

    async def accept(
        self,
        secret: Secret,
        password: Secret,
        *,
        name: str | None,
        carrier: Carrier,
        origin: Origin = NOWHERE,
        proof: Proof = NO_PROOF,
    ) -> OpenedSession:
        """Set the password and sign in. `name` is the first administrator's to choose (default "admin").

        Other links of this account end. However often somebody guessed before: a link is not guessed, and failures
        count anew after it (R45). It stands for a forgotten password, never for the second factor.

        Raises:
            NotFound: the link is unknown, used, expired, or no longer needed.
            Faulty: the password may not be set; the link stays good.
            SecondFactorNeeded, SignInFailed: none was given, or a wrong one; the link stays good.
            Busy: too many passwords are being hashed at this moment.
        """
        name = _judged("admin" if name is None else name.strip())
        hashed = await self._passwords.hash(password, context=(name,))
        tried = await self._second_factor(secret, origin, proof)
        async with self._storage.transaction() as tx:
            now = await tx.now()
            invitation = await _consumed(tx, secret, now)
            if invitation.purpose is InvitationPurpose.FIRST_ADMINISTRATOR:
                user = await self._first_administrator(tx, name, hashed, now)
            else:
                user = await self._with_password(tx, invitation.user_id, password, hashed, now)
            if tried is not None:
                await self._try.settle(tx, tried, remember_device=False)
            device = await self._try.begin_anew(tx, user, origin, remember_device=carrier is Carrier.COOKIE)
            await tx.audit.append([_accepted(user, invitation, tried)], now)
            return replace(await self._sessions.open(tx, user, carrier, origin), device=device)

    async def _second_factor(self, secret: Secret, origin: Origin, proof: Proof) -> Tried | None:
        """None where the link is nobody's yet, or its owner has no second factor."""
        async with self._storage.reading() as read:
            owner_id = await read.invitations.owner(secret_hash(secret))
            owner = await read.users.get(owner_id) if owner_id else None
            if owner is None or not await read.second_factors.of_user(owner.id):
                return None
        return await self._try.second_step(owner, origin, proof)

    async def _first_administrator(self, tx: Transaction, name: str, password_hash: str, now: int) -> User:
        await tx.keys.lock()  # one after the other: two links at once make one administrator
        if await tx.users.administrator_exists():
            raise NotFound("there is an administrator already")
        user = User(
            id=new_id(self._randomness),
            kind=UserKind.PERSON,
            name=name,
            role=Role.ADMINISTRATOR,
            password_hash=password_hash,
            grant=Grant(GrantKind.ALL),
            created_at=now,
        )
        if not await tx.users.add(user):
            raise AlreadyExists(f"the name {name!r} is taken")
        return user

    async def _with_password(
        self, tx: Transaction, user_id: str | None, password: Secret, password_hash: str, now: int
    ) -> User:
        user = await tx.users.lock(user_id) if user_id else None
        if user is None or user.disabled_at is not None:
            raise NotFound("this link is used, expired or unknown")
        text = normalised(password.reveal())
        if faults := await asyncio.to_thread(password_faults, text, (user.name,)):
            raise Faulty(faults)
        await tx.users.change(
            user.id,
            role=user.role,
            password_hash=password_hash,
            grant=user.grant,
            disabled_at=user.disabled_at,
        )
        await tx.sessions.end_all(user.id, now)
        await tx.invitations.withdraw_of(user.id, now)
        return replace(user, password_hash=password_hash)


def _accepted(user: User, invitation: Invitation, tried: Tried | None) -> AuditEntry:
    actor = f"user:{user.id}"
    detail = {"purpose": invitation.purpose, **(tried.detail if tried else {})}
    return AuditEntry(actor=actor, action="invitation.accepted", subject=actor, detail=detail)


async def _consumed(tx: Transaction, secret: Secret, now: int) -> Invitation:
    """The link, used up. Its account is held first, because another link of it may be followed at this moment."""
    if owner_id := await tx.invitations.owner(secret_hash(secret)):
        await tx.users.lock(owner_id)
    invitation = await tx.invitations.consume(secret_hash(secret), now)
    if invitation is None:
        raise NotFound("this link is used, expired or unknown")
    return invitation


def _judged(name: str) -> str:
    if fault := text_fault("name", name, longest=MAX_NAME):
        raise Faulty([fault])
    return name
