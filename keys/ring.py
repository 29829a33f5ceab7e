from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from keys.errors import IllegalKey, KeyNotFound, NoActiveKey
from keys.signing_key import KeyState, Purpose, SigningKey

_PUBLISHED = frozenset({KeyState.NEXT, KeyState.ACTIVE, KeyState.RETIRED})
_VERIFYING = frozenset({KeyState.ACTIVE, KeyState.RETIRED})


@dataclass(frozen=True, slots=True)
class KeyRing:
    """All keys there ever were, at one version; `keys` is sorted by kid. At most one is active per purpose.

    Raises:
        IllegalKey: when built with two active keys of one purpose, or one kid twice.
    """

    version: int
    keys: tuple[SigningKey, ...]

    def __init__(self, version: int, keys: Iterable[SigningKey] = ()) -> None:
        object.__setattr__(self, "version", version)
        object.__setattr__(self, "keys", tuple(sorted(keys, key=lambda key: key.kid)))
        if len({key.kid for key in self.keys}) != len(self.keys):
            raise IllegalKey("one kid twice")
        active = Counter(key.purpose for key in self.keys if key.state is KeyState.ACTIVE)
        if any(count > 1 for count in active.values()):
            raise IllegalKey("two active keys of one purpose")

    def of(self, purpose: Purpose, *states: KeyState) -> tuple[SigningKey, ...]:
        """The keys of *purpose* in one of *states* (all, when none is named), longest published first."""
        chosen = (key for key in self.keys if key.purpose is purpose and (not states or key.state in states))
        return tuple(sorted(chosen, key=lambda key: (key.published_at, key.kid)))

    def active(self, purpose: Purpose) -> SigningKey:
        """The key that signs; raises NoActiveKey before the first plan was carried out."""
        for key in self.of(purpose, KeyState.ACTIVE):
            return key
        raise NoActiveKey(f"no {purpose} key signs")

    def next(self, purpose: Purpose) -> SigningKey | None:
        """The key that verifiers have known longest among those that have not signed yet."""
        return next(iter(self.of(purpose, KeyState.NEXT)), None)

    def by_kid(self, kid: str) -> SigningKey:
        """The key of that name in whatever state; raises KeyNotFound."""
        for key in self.keys:
            if key.kid == kid:
                return key
        raise KeyNotFound(f"no key {kid!r}")

    def published(self) -> tuple[SigningKey, ...]:
        """What belongs in the JWKS, sorted by kid."""
        return tuple(key for key in self.keys if key.state in _PUBLISHED)

    def verifying(self, purpose: Purpose) -> tuple[SigningKey, ...]:
        """The keys under which something of *purpose* may be believed: active and retired ones."""
        return self.of(purpose, *_VERIFYING)
