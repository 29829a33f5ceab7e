"""What both verifiers take, and the core built of it."""

import random
from collections.abc import Callable, Collection, Sequence
from typing import TypedDict

from safeconduct.algorithms import ALGORITHMS
from safeconduct.catalogue import ScopeCatalogue
from safeconduct.clock import SYSTEM, Clock
from safeconduct.core import Core
from safeconduct.effective_time import EffectiveTime
from safeconduct.issuer import Issuer
from safeconduct.policy import VerificationPolicy
from safeconduct.profiles import DEFAULT, Profile
from safeconduct.snapshot import Snapshot
from safeconduct.source import Source
from safeconduct.sources.chain import Chain
from safeconduct.sources.lists import SignedLists
from safeconduct.token_cache import CACHE_BYTES, TokenCache
from safeconduct.usage import UsageReports


class Options(TypedDict, total=False):
    """Keyword arguments of a verifier.

    profile: STRICT, DEFAULT or LENIENT, or one of your own.
    revocation: where revocations are read; of several the first that can tell is believed.
    algorithms: `alg` values that may be used at all.
    max_lifetime: seconds; tokens that live longer are refused.
    catalogue: which scope covers which, in place of what the issuer's metadata says.
    snapshot: where keys and lists are kept for the next start.
    usage: where uses are reported; the adapters tell it of every request.
    cache_bytes: what remembered tokens may take.
    clock, jitter: time and randomness, for tests.
    """

    profile: Profile
    revocation: Source | Sequence[Source]
    algorithms: Collection[str]
    max_lifetime: int | None
    catalogue: ScopeCatalogue | None
    snapshot: Snapshot | None
    usage: UsageReports | None
    cache_bytes: int
    clock: Clock
    jitter: Callable[[], float]


def build_core(issuer: str, audience: str | Collection[str], options: Options) -> Core:
    """Raises InvalidPolicy for what no verifier can hold."""
    policy = VerificationPolicy(
        issuer=issuer,
        audiences=frozenset([audience] if isinstance(audience, str) else audience),
        algorithms=frozenset(options.get("algorithms", ALGORITHMS)),
        max_lifetime=options.get("max_lifetime"),
    )
    known = Issuer(
        policy,
        options.get("profile", DEFAULT),
        EffectiveTime(options.get("clock", SYSTEM)),
        options.get("jitter", random.random),
    )
    source = options.get("revocation") or SignedLists()
    if isinstance(source, Sequence):
        source = Chain(*source)
    source.attach(known)
    if (usage := options.get("usage")) is not None:
        usage.attach(issuer, audience if isinstance(audience, str) else min(audience))
    tokens = TokenCache(options.get("cache_bytes", CACHE_BYTES))
    return Core(known, source, tokens, options.get("catalogue"), options.get("snapshot"))
