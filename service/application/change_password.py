"""Change one's password: whoever knows the present one sets another, and is signed in nowhere else any more."""

import asyncio
from dataclasses import replace

from service.application.attempts import NOWHERE, Origin
from service.application.passwords import Passwords
from service.application.ports import Storage
from service.application.sign_in import OpenedSession, unchanged
from service.application.throttle import Tried, TryPassword
from service.domain.audit import AuditEntry
from service.domain.errors import Faulty, NotSignedIn
from service.domain.identifiers import Randomness
from service.domain.password import normalised, password_faults
from service.domain.principal import SignedIn
from service.domain.second_factor import NO_PROOF, Proof
from service.domain.secret import Secret, new_secret, secret_hash
from service.domain.session import Carrier


class ChangePassword:
    def __init__(
        self, storage: Storage, passwords: Passwords, try_password: TryPassword, *, randomness: Randomness
    ) -> None:
        self._storage = storage
        self._passwords = passwords
        self._try = try_password
        self._randomness = randomness

    async def __call__(
        self,
        who: SignedIn,
        present: Secret,
        new: Secret,
        *,
        origin: Origin = NOWHERE,
        proof: Proof = NO_PROOF,
    ) -> OpenedSession:
        """The session goes on under a new secret; all others of this account have ended (R48), and its one-time links.

        Raises:
            Faulty: the new password may not be set; all faults.
            SignInFailed: `present` or the second factor is wrong.
            SecondFactorNeeded: the account asks for more than the password.
            NotSignedIn: the session ended meanwhile.
            Busy: this name or this caller has to wait, or too many passwords are being hashed at this moment.
        """
        faults = await asyncio.to_thread(password_faults, normalised(new.reveal()), (who.user.name,))
        if faults:
            raise Faulty(faults)
        tried = await self._try(who.user.name, present, origin, proof)
        return await self._change(who, tried, await self._passwords.hash(new, context=(who.user.name,)))

    async def _change(self, who: SignedIn, tried: Tried, hashed: str) -> OpenedSession:
        secret = new_secret(self._randomness)
        async with self._storage.transaction() as tx:
            user = await unchanged(tx, tried.user)
            if await tx.sessions.find(who.session.secret_hash) is None:
                raise NotSignedIn("this session has ended")
            now = await tx.now()
            await tx.users.change(
                user.id, role=user.role, password_hash=hashed, grant=user.grant, disabled_at=user.disabled_at
            )
            await tx.sessions.end_all(user.id, now, but=who.session.id)
            await tx.invitations.withdraw_of(user.id, now)
            await tx.sessions.confirm(who.session.id, secret_hash(secret), now)
            by_cookie = who.session.carrier is Carrier.COOKIE
            device = await self._try.settle(tx, tried, remember_device=by_cookie)
            entry = AuditEntry(
                actor=who.actor, action="password.changed", subject=who.actor, detail=tried.detail
            )
            await tx.audit.append([entry], now)
        session = replace(who.session, confirmed_at=now, seen_at=now, secret_hash=secret_hash(secret))
        return OpenedSession(
            user=replace(user, password_hash=hashed), session=session, secret=secret, device=device
        )
