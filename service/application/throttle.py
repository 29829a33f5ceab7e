"""The one way to try a password: every path that takes one goes through here, and counts in one place (R47)."""

import hashlib
from dataclasses import dataclass

from service.application.passwords import Passwords
from service.application.ports import Storage, Transaction
from service.application.sign_in_ports import Buckets, Count
from service.domain.audit import AuditEntry
from service.domain.errors import Busy, Quota, SignInFailed
from service.domain.identifiers import Randomness
from service.domain.network import network_of
from service.domain.secret import Secret, new_secret, secret_hash
from service.domain.throttle import Acquaintance, Standing, ThrottleRules
from service.domain.user import User, fold

KNOWN = 32
"""How many networks and devices an account knows at most."""
_NOBODY = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a password comes from: the caller's address and program, and the cookie of a device that signed in
    before.
    """

    address: str | None = None
    device: Secret | None = None
    user_agent: str | None = None


NOWHERE = Origin()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A password that was right, with what is to be settled in the transaction that honours it.

    `renewed_hash` is what to store of it from now on, where the parameters of hashing have changed.
    """

    user: User
    buckets: Buckets
    network: str
    device: str
    known: Acquaintance
    renewed_hash: str | None = None


class TryPassword:
    """Judges by the database's clock and counters, which all replicas share.

    An attempt is counted before its password is looked at, so that no number of attempts at once gets past a
    ceiling; success takes it back. A refused attempt costs one read, for a name that exists and for one that does not.
    """

    def __init__(
        self,
        storage: Storage,
        passwords: Passwords,
        rules: ThrottleRules,
        *,
        randomness: Randomness,
        device_lifetime: int,
    ) -> None:
        self._storage = storage
        self._passwords = passwords
        self._rules = rules
        self._randomness = randomness
        self._device_lifetime = device_lifetime

    async def __call__(self, name: str, password: Secret, origin: Origin) -> Tried:
        """The account of that name, if this is its password.

        Raises:
            SignInFailed: unknown name, wrong password, or disabled; all alike, each at the cost of one hash.
            Busy: wait before the next attempt, at the cost of none; or too many hash at this moment.
        """
        async with self._storage.reading() as read:
            user = await read.users.find(name)
            network = _hash("network", network_of(origin.address))
            device = secret_hash(origin.device) if origin.device else _NOBODY
            known = await _acquaintance(read, user, network, device)
            buckets = _buckets(name, network, device if known is Acquaintance.DEVICE else network)
            self._admit(await read.sign_in_counts.find(buckets), known, await read.now())
        with self._passwords.place(known=known is not Acquaintance.STRANGER):
            account = await self._count(buckets, known)
            stored = user.password_hash if user else None
            good = await self._passwords.check(password, stored)
            renewed = await self._passwords.renewed(password, stored) if good and stored else None
        if user is None or not good or user.disabled_at is not None:
            await self._note_failure(name, account)
            raise SignInFailed("name or password is wrong")
        return Tried(
            user=user, buckets=buckets, network=network, device=device, known=known, renewed_hash=renewed
        )

    async def settle(self, tx: Transaction, tried: Tried, *, remember_device: bool) -> Secret | None:
        """Forget the failures of this account and pair, and know where it signed in from.

        Answers the cookie of a device that is new; a network's other failures stay.
        """
        if tried.renewed_hash is not None and tried.user.password_hash is not None:
            await tx.users.renew_hash(tried.user.id, tried.user.password_hash, tried.renewed_hash)
        await tx.sign_in_counts.forget(tried.buckets.account)
        if tried.known is not Acquaintance.DEVICE:
            await tx.sign_in_counts.excuse(tried.buckets.address)
        await tx.sign_in_counts.forget(tried.buckets.pair)
        await self._know(tx, tried.user, tried.network)
        if tried.known is Acquaintance.DEVICE:
            await self._know(tx, tried.user, tried.device)
        elif remember_device:
            return await self._new_device(tx, tried.user)
        return None

    async def begin_anew(
        self, tx: Transaction, user: User, origin: Origin, *, remember_device: bool
    ) -> Secret | None:
        """After a one-time link: no failures count, and nowhere is known but where the link was used."""
        network = _hash("network", network_of(origin.address))
        buckets = _buckets(user.name, network, network)
        await tx.sign_in_counts.forget(buckets.account)
        await tx.sign_in_counts.forget(buckets.pair)
        await tx.known_origins.forget_all(user.id)
        await self._know(tx, user, network)
        return await self._new_device(tx, user) if remember_device else None

    async def _count(self, buckets: Buckets, known: Acquaintance) -> int:
        """Count one failure ahead, unless one that came first closed the door; answers the account's number."""
        async with self._storage.transaction() as tx:
            now = await tx.now()
            standing = await tx.sign_in_counts.lock(buckets, now)
            self._admit(standing, known, now)
            after = standing.and_one(now, known)
            await tx.sign_in_counts.write(self._counts(buckets, after))
        return after.account.count

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

    async def _note_failure(self, name: str, account_failures: int) -> None:
        """Audit it, and once that only those whom the account knows may still try."""
        actions = ["session.refused"]
        if account_failures == self._rules.account_failures:
            actions.append("session.guarded")
        async with self._storage.transaction() as tx:
            entries = [
                AuditEntry(actor="nobody", action=action, subject="sign-in", detail={"name": name[:64]})
                for action in actions
            ]
            await tx.audit.append(entries, await tx.now())

    async def _know(self, tx: Transaction, user: User, origin: str) -> None:
        forget_at = await tx.now() + self._device_lifetime
        await tx.known_origins.know(user.id, origin, forget_at, most=KNOWN)

    async def _new_device(self, tx: Transaction, user: User) -> Secret:
        secret = new_secret(self._randomness)
        await self._know(tx, user, secret_hash(secret))
        return secret


async def _acquaintance(read: Transaction, user: User | None, network: str, device: str) -> Acquaintance:
    """Asked for a name that does not exist as well: it takes as long."""
    known = await read.known_origins.among(user.id if user else _NOBODY, network=network, device=device)
    if device in known:
        return Acquaintance.DEVICE
    return Acquaintance.ADDRESS if network in known else Acquaintance.STRANGER


def _buckets(name: str, network: str, origin: str) -> Buckets:
    folded = fold(name)
    return Buckets(
        account="account:" + _hash(folded),
        address="address:" + network,
        pair="pair:" + _hash(folded, origin),
    )


def _hash(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
