"""The one way to try a password: every path that takes one goes through here, and counts in one place (R47)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from service.application.attempts import Attempt, Counted, Origin, attempt_of, buckets_of, network_hash
from service.application.passwords import Passwords
from service.application.ports import Storage, Transaction
from service.application.prove_factor import ProveFactor, Proven, kinds_of, wrong_factor
from service.application.sign_in_ports import Buckets, Count
from service.domain.audit import AuditEntry
from service.domain.errors import Busy, Quota, SignInFailed
from service.domain.factor_errors import SecondFactorNeeded
from service.domain.identifiers import Randomness
from service.domain.second_factor import NO_PROOF, Proof
from service.domain.secret import Secret, new_secret, secret_hash
from service.domain.throttle import Acquaintance, Standing, ThrottleRules
from service.domain.user import User

KNOWN = 32
"""How many networks and devices an account knows at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A password that was right, with what is to be settled in the transaction that honours it.

    `renewed_hash` is what to store of it from now on, where the parameters of hashing have changed; `proven` is the
    second factor, where the account has one.
    """

    user: User
    attempt: Attempt
    renewed_hash: str | None = None
    proven: Proven | None = None

    @property
    def origin(self) -> Origin:
        return self.attempt.origin

    @property
    def detail(self) -> Mapping[str, str]:
        """What the audit trail says of how it was proven."""
        return {"second_factor": self.proven.kind} if self.proven else {}


class TryPassword:
    """Judges by the database's clock and counters, which all replicas share: the password, then the second factor of
    an account that has one. A wrong factor counts as a wrong password does.

    An attempt is counted before its password is looked at, so that no number of attempts at once gets past a
    ceiling; success takes it back. A refused attempt costs one read, for a name that exists and for one that does not.
    """

    def __init__(
        self,
        storage: Storage,
        passwords: Passwords,
        factors: ProveFactor,
        rules: ThrottleRules,
        *,
        randomness: Randomness,
        device_lifetime: int,
    ) -> None:
        self._storage = storage
        self._passwords = passwords
        self._factors = factors
        self._rules = rules
        self._randomness = randomness
        self._device_lifetime = device_lifetime

    async def __call__(self, name: str, password: Secret, origin: Origin, proof: Proof = NO_PROOF) -> Tried:
        """The account of that name, if this is its password, and `proof` right where it asks for one.

        Raises:
            SignInFailed: unknown name, wrong password, wrong second factor, or disabled; all alike, each at the cost
                of one hash.
            SecondFactorNeeded: the password was right, and no proof was given.
            Busy: wait before the next attempt, at the cost of none; or too many hash at this moment.
        """
        attempt = await self._enter(name, origin)
        user = attempt.user
        with self._passwords.place(known=attempt.known is not Acquaintance.STRANGER):
            counted = await self._count(attempt)
            stored = user.password_hash if user else None
            good = await self._passwords.check(password, stored)
            renewed = await self._passwords.renewed(password, stored) if good and stored else None
        if user is None or not good or user.disabled_at is not None:
            await self._note_failure(counted)
            raise wrong_factor() if proof.is_given else SignInFailed("name or password is wrong")
        proven = await self._prove(counted, user, proof, renewed)
        return Tried(user=user, attempt=attempt, renewed_hash=renewed, proven=proven)

    async def second_step(self, user: User, origin: Origin, proof: Proof) -> Tried:
        """The same for whoever proved already that they know the password, or followed a one-time link.

        Raises:
            SignInFailed, SecondFactorNeeded, Busy: as above.
        """
        attempt = await self._enter(user.name, origin)
        counted = await self._count(attempt)
        return Tried(user=user, attempt=attempt, proven=await self._prove(counted, user, proof))

    async def settle(self, tx: Transaction, tried: Tried, *, remember_device: bool) -> Secret | None:
        """Forget the failures of this account and pair, and know where it signed in from.

        Uses the second factor up. Answers the cookie of a device that is new; a network's other failures stay.

        Raises:
            SignInFailed: somebody was faster with the same code.
        """
        attempt = tried.attempt
        if tried.proven is not None:
            await self._factors.redeem(tx, tried.user.id, tried.proven)
        await self._renew(tx, tried.user, tried.renewed_hash)
        await tx.sign_in_counts.forget(attempt.buckets.account)
        if attempt.known is not Acquaintance.DEVICE:
            await tx.sign_in_counts.excuse(attempt.buckets.address)
        await tx.sign_in_counts.forget(attempt.buckets.pair)
        await self._know(tx, tried.user, attempt.network)
        if attempt.known is Acquaintance.DEVICE:
            await self._know(tx, tried.user, attempt.device)
        elif remember_device:
            return await self._new_device(tx, tried.user)
        return None

    async def begin_anew(
        self, tx: Transaction, user: User, origin: Origin, *, remember_device: bool
    ) -> Secret | None:
        """After a one-time link: no failures count, and nowhere is known but where the link was used."""
        network = network_hash(origin)
        buckets = buckets_of(user.name, network, network)
        await tx.sign_in_counts.forget(buckets.account)
        await tx.sign_in_counts.forget(buckets.pair)
        await tx.known_origins.forget_all(user.id)
        await self._know(tx, user, network)
        return await self._new_device(tx, user) if remember_device else None

    async def _enter(self, name: str, origin: Origin) -> Attempt:
        """Raises Busy where the attempt may not be judged yet."""
        async with self._storage.reading() as read:
            attempt = await attempt_of(read, name, origin)
            standing = await read.sign_in_counts.find(attempt.buckets)
            self._admit(standing, attempt.known, await read.now())
        return attempt

    async def _prove(
        self, counted: Counted, user: User, proof: Proof, renewed: str | None = None
    ) -> Proven | None:
        """None for an account without a second factor, whatever was given."""
        factors = await self._factors.of(user.id)
        if not factors:
            return None
        if not proof.is_given:
            async with self._storage.transaction() as tx:
                await self._renew(tx, user, renewed)
                await self._uncount(tx, counted)
                known = replace(user, password_hash=renewed or user.password_hash)
                ticket = self._factors.ticket(known, await tx.now())
            raise SecondFactorNeeded(kinds_of(factors), ticket=ticket)
        try:
            return await self._factors.judge(user, factors, proof)
        except SignInFailed:
            await self._note_failure(counted)
            raise

    async def _uncount(self, tx: Transaction, counted: Counted) -> None:
        """The password was right: nothing was guessed, and nobody waits for it."""
        buckets, before = counted.attempt.buckets, counted.before
        await tx.sign_in_counts.uncount(buckets.account, before.account, counted.now)
        if counted.attempt.known is not Acquaintance.DEVICE:
            await tx.sign_in_counts.uncount(buckets.address, before.address, counted.now)
        await tx.sign_in_counts.uncount(buckets.pair, before.pair, counted.now)

    async def _count(self, attempt: Attempt) -> Counted:
        """Count one failure ahead, unless one that came first closed the door."""
        async with self._storage.transaction() as tx:
            now = await tx.now()
            standing = await tx.sign_in_counts.lock(attempt.buckets, now)
            self._admit(standing, attempt.known, now)
            after = standing.and_one(now, attempt.known)
            await tx.sign_in_counts.write(self._counts(attempt.buckets, after))
        return Counted(attempt=attempt, before=standing, now=now)

    def _counts(self, buckets: Buckets, standing: Standing) -> list[Count]:
        rules = self._rules
        return [
            Count(buckets.account, standing.account, rules.forget_streak_at(standing.account)),
            Count(buckets.address, standing.address, rules.forget_address_at(standing.address)),
            Count(buckets.pair, standing.pair, rules.forget_streak_at(standing.pair)),
        ]

    def _admit(self, standing: Standing, known: Acquaintance, now: int) -> None:
        if wait := self._rules.wait(standing, known, now):
            raise Busy(
                "wait before the next attempt",
                retry_after=wait,
                quota=Quota("sign-in", self._rules.free_failures),
            )

    async def _note_failure(self, counted: Counted) -> None:
        """Audit it, and once that only those whom the account knows may still try."""
        name, actions = counted.attempt.name, ["session.refused"]
        if counted.before.account.count + 1 == self._rules.account_failures:
            actions.append("session.guarded")
        async with self._storage.transaction() as tx:
            entries = [
                AuditEntry(actor="nobody", action=action, subject="sign-in", detail={"name": name[:64]})
                for action in actions
            ]
            await tx.audit.append(entries, await tx.now())

    async def _renew(self, tx: Transaction, user: User, renewed: str | None) -> None:
        if renewed is not None and user.password_hash is not None:
            await tx.users.renew_hash(user.id, user.password_hash, renewed)

    async def _know(self, tx: Transaction, user: User, origin: str) -> None:
        forget_at = await tx.now() + self._device_lifetime
        await tx.known_origins.know(user.id, origin, forget_at, most=KNOWN)

    async def _new_device(self, tx: Transaction, user: User) -> Secret:
        secret = new_secret(self._randomness)
        await self._know(tx, user, secret_hash(secret))
        return secret
