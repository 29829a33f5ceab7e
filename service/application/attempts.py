"""One attempt to sign in: who is meant, from where, and in which places its failure counts."""

import hashlib
from dataclasses import dataclass

from service.application.ports import Transaction
from service.application.sign_in_ports import Buckets
from service.domain.network import network_of
from service.domain.secret import Secret, secret_hash
from service.domain.throttle import Acquaintance, Standing
from service.domain.user import User, fold

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
class Attempt:
    """Who is meant, from where, and what counts against it."""

    name: str
    origin: Origin
    user: User | None
    buckets: Buckets
    network: str
    device: str
    known: Acquaintance


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """An attempt that was counted as a failure at `now`, ahead of its judgement."""

    attempt: Attempt
    before: Standing
    now: int


async def attempt_of(read: Transaction, name: str, origin: Origin) -> Attempt:
    """Looked up alike for a name that exists and one that does not."""
    user = await read.users.find(name)
    network = network_hash(origin)
    device = secret_hash(origin.device) if origin.device else _NOBODY
    known = await _acquaintance(read, user, network, device)
    buckets = buckets_of(name, network, device if known is Acquaintance.DEVICE else network)
    return Attempt(
        name=name, origin=origin, user=user, buckets=buckets, network=network, device=device, known=known
    )


def network_hash(origin: Origin) -> str:
    return _hash("network", network_of(origin.address))


async def _acquaintance(read: Transaction, user: User | None, network: str, device: str) -> Acquaintance:
    """Asked for a name that does not exist as well: it takes as long."""
    known = await read.known_origins.among(user.id if user else _NOBODY, network=network, device=device)
    if device in known:
        return Acquaintance.DEVICE
    return Acquaintance.ADDRESS if network in known else Acquaintance.STRANGER


def buckets_of(name: str, network: str, origin: str) -> Buckets:
    folded = fold(name)
    return Buckets(
        account="account:" + _hash(folded),
        address="address:" + network,
        pair="pair:" + _hash(folded, origin),
    )


def _hash(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
