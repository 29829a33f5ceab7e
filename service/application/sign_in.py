"""Sign in, confirm, sign out: sessions of people."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from service.application.absence import here_again
from service.application.attempts import NOWHERE, Origin
from service.application.batch import Batch
from service.application.passwords import is_same_password
from service.application.ports import Storage, Transaction
from service.application.prove_factor import ProveFactor, Proven
from service.application.throttle import Tried, TryPassword
from service.domain.audit import AuditEntry
from service.domain.errors import NotSignedIn, SignInFailed
from service.domain.id_token import Identity
from service.domain.identifiers import Randomness, new_id
from service.domain.principal import SignedIn
from service.domain.second_factor import NO_PROOF, Proof
from service.domain.secret import Secret, new_secret, secret_hash
from service.domain.session import Carrier, Session
from service.domain.usage import Origin as UseOrigin
from service.domain.usage import Recorded, kept_of
from service.domain.user import User

SEEN_EVERY = 60
"""Seconds between two notes of a session's last use: one write a minute is enough for a 30-minute limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionLifetimes:
    """Seconds: how long a bearer lives, how long a cookie lives at most, and idle."""

    bearer: int
    cookie: int
    cookie_idle: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedSession:
    """A live session with the secret that its carrier holds; shown in this answer only.

    `device` is the cookie of a browser that this account did not know before.
    """

    user: User
    session: Session
    secret: Secret
    device: Secret | None = None


class Sessions:
    """Opens, finds, confirms and ends sessions."""

    def __init__(
        self,
        storage: Storage,
        try_password: TryPassword,
        factors: ProveFactor,
        *,
        randomness: Randomness,
        lifetimes: SessionLifetimes,
        recorded: Recorded = Recorded.FULL,
    ) -> None:
        self._storage = storage
        self._live = Batch(storage.signed_in)
        self._try = try_password
        self._factors = factors
        self._randomness = randomness
        self._lifetimes = lifetimes
        self._recorded = recorded

    async def sign_in(
        self,
        name: str,
        password: Secret,
        *,
        carrier: Carrier,
        origin: Origin = NOWHERE,
        proof: Proof = NO_PROOF,
    ) -> OpenedSession:
        """A new session.

        Raises:
            SignInFailed: unknown name, wrong password or second factor, or disabled; all alike, each at the cost of one
                hash.
            SecondFactorNeeded: the password is right, and the account asks for more than that.
            Busy: this name or this caller has to wait, or too many people sign in at this moment.
        """
        return await self._opened(await self._try(name, password, origin, proof), carrier)

    async def finish(
        self, ticket: Secret, *, carrier: Carrier, origin: Origin = NOWHERE, proof: Proof
    ) -> OpenedSession:
        """A new session for whoever gave the password lately and got this ticket for it.

        Raises:
            NotSignedIn: the ticket is worth nothing any more; begin with the password.
            SignInFailed, SecondFactorNeeded, Busy: as above.
        """
        user = await self._factors.holder(ticket)
        if user is None:
            raise NotSignedIn("the password was given too long ago")
        return await self._opened(await self._try.second_step(user, origin, proof), carrier)

    async def _opened(self, tried: Tried, carrier: Carrier) -> OpenedSession:
        async with self._storage.transaction() as tx:
            user = await unchanged(tx, tried.user)
            device = await self._try.settle(tx, tried, remember_device=carrier is Carrier.COOKIE)
            opened = await self.open(tx, user, carrier, tried.origin, detail=tried.detail)
            return replace(opened, device=device)

    async def open(
        self,
        tx: Transaction,
        user: User,
        carrier: Carrier,
        origin: Origin = NOWHERE,
        *,
        detail: Mapping[str, str] | None = None,
        came_as: Identity | None = None,
    ) -> OpenedSession:
        """A session within the caller's transaction, which holds the user; audited there.

        Whoever `came_as` somebody a provider knows has confirmed what they proved there, and when.
        """
        now = await tx.now()
        entries = await here_again(tx, user.id, now)
        kept = kept_of(UseOrigin(origin.address, origin.user_agent), self._recorded)
        secret = new_secret(self._randomness)
        lifetime = self._lifetimes.bearer if carrier is Carrier.BEARER else self._lifetimes.cookie
        session = Session(
            id=new_id(self._randomness),
            secret_hash=secret_hash(secret),
            user_id=user.id,
            carrier=carrier,
            created_at=now,
            confirmed_at=now if came_as is None else min(now, came_as.authenticated_at or 0),
            seen_at=now,
            expires_at=now + lifetime,
            opened_from=kept.ip,
            opened_with=kept.user_agent,
        )
        await tx.sessions.add(session)
        actor = f"user:{user.id}"
        opened = AuditEntry(actor=actor, action="session.opened", subject=actor, detail=detail or {})
        if came_as is not None:
            await tx.identities.opened(session.id, came_as.issuer, came_as.subject, came_as.sid)
            opened = replace(opened, detail={"issuer": came_as.issuer})
        await tx.audit.append([opened, *entries], now)
        return OpenedSession(user=user, session=session, secret=secret)

    async def find(self, secret: Secret, carrier: Carrier) -> SignedIn | None:
        """Who holds this secret in this kind of carrier, if the session is live."""
        who = await self._live.get(secret_hash(secret))
        if who is None or who.session.carrier is not carrier:
            return None
        unseen = who.read_at - who.session.seen_at
        if carrier is Carrier.COOKIE and unseen >= self._lifetimes.cookie_idle:
            return None
        if unseen >= SEEN_EVERY:
            async with self._storage.transaction() as tx:
                await tx.sessions.seen(who.session.id, who.read_at)
        return who

    async def use_confirmation(self, who: SignedIn, window: int) -> bool:
        """Whether the password was given at most `window` seconds ago, and if so that is used up: of two changes
        at once only one finds it.
        """
        async with self._storage.transaction() as tx:
            await tx.users.lock(who.user.id)
            found = await tx.sessions.find(who.session.secret_hash)
            now = await tx.now()
            if found is None or now - found[0].confirmed_at > window:
                return False
            await tx.sessions.confirm(found[0].id, found[0].secret_hash, now - window - 1)
        return True

    async def confirm(
        self, who: SignedIn, password: Secret | None, *, origin: Origin = NOWHERE, proof: Proof = NO_PROOF
    ) -> OpenedSession:
        """Give the password and the second factor again: the session goes on under a new secret (R48).

        Without a password a passkey that knows its user stands for both.

        Raises:
            SignInFailed: one of them is wrong.
            SecondFactorNeeded: the account asks for more than the password.
            NotSignedIn: the session ended meanwhile, or goes on under another secret already.
            Busy: this name or this caller has to wait, or too many people sign in at this moment.
        """
        if password is None:
            proven = await self._factors.judge_alone(who.user, proof)
            return await self._confirmed(who, None, proven)
        return await self._confirmed(who, await self._try(who.user.name, password, origin, proof), None)

    async def _confirmed(self, who: SignedIn, tried: Tried | None, alone: Proven | None) -> OpenedSession:
        device = None
        detail = tried.detail if tried else {"second_factor": alone.kind} if alone else {}
        async with self._storage.transaction() as tx:
            await unchanged(tx, tried.user if tried else who.user)
            renewed = await self._renew(tx, who)
            if tried is not None:
                by_cookie = who.session.carrier is Carrier.COOKIE
                device = await self._try.settle(tx, tried, remember_device=by_cookie)
            elif alone is not None:
                await self._factors.redeem(tx, who.user.id, alone)
            await _audit_confirmation(tx, renewed, detail)
        return replace(renewed, device=device)

    async def go_on(self, tx: Transaction, who: SignedIn) -> OpenedSession:
        """The session, confirmed by a provider's word, in the caller's transaction. Raises NotSignedIn: it ended."""
        renewed = await self._renew(tx, who)
        await _audit_confirmation(tx, renewed, {})
        return renewed

    async def _renew(self, tx: Transaction, who: SignedIn) -> OpenedSession:
        if await tx.sessions.find(who.session.secret_hash) is None:
            raise NotSignedIn("this session has ended")
        now, secret = await tx.now(), new_secret(self._randomness)
        await tx.sessions.confirm(who.session.id, secret_hash(secret), now)
        session = replace(who.session, confirmed_at=now, seen_at=now, secret_hash=secret_hash(secret))
        return OpenedSession(user=who.user, session=session, secret=secret)

    async def sign_out(self, who: SignedIn) -> None:
        """End the session on the server."""
        async with self._storage.transaction() as tx:
            now = await tx.now()
            await tx.sessions.end(who.session.id, now)
            await tx.audit.append(
                [AuditEntry(actor=who.actor, action="session.ended", subject=who.actor)], now
            )


async def unchanged(tx: Transaction, user: User) -> User:
    """The account, held. Raises SignInFailed if it was disabled or its password replaced meanwhile."""
    locked = await tx.users.lock(user.id)
    changed = locked is None or not is_same_password(locked.password_hash, user.password_hash)
    if locked is None or changed or locked.disabled_at is not None:
        raise SignInFailed("name or password is wrong")
    return locked


async def _audit_confirmation(tx: Transaction, renewed: OpenedSession, detail: Mapping[str, str]) -> None:
    actor = f"user:{renewed.user.id}"
    entry = AuditEntry(actor=actor, action="session.confirmed", subject=actor, detail=detail)
    await tx.audit.append([entry], renewed.session.confirmed_at)
