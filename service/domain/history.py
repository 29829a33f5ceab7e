"""Whether the database is the one that was seen before: each counter of it only ever rises."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from safeconduct.status_list import INVALID, SUSPENDED, StatusList

from service.domain.status_list import SignedList

Heads = Mapping[str, int]

RECOVERY: Final = "recovery"
EPOCH: Final = "epoch"


def behind(heads: Heads, seen: Heads) -> tuple[str, ...]:
    """Which counters show that the database is older than what was seen; none where all is well.

    A higher epoch begins a new history, in which everything may be lower.
    """
    if heads.get(RECOVERY):
        return (RECOVERY,)
    if heads[EPOCH] != seen.get(EPOCH, heads[EPOCH]):
        return (EPOCH,) if heads[EPOCH] < seen[EPOCH] else ()
    return tuple(
        sorted(name for name, value in seen.items() if name != RECOVERY and heads.get(name, 0) < value)
    )


def furthest(one: Heads, other: Heads) -> Heads:
    """The later of two histories, or of one history the later of each counter."""
    if one.get(EPOCH, 0) != other.get(EPOCH, 0):
        return max(one, other, key=lambda heads: heads.get(EPOCH, 0))
    return {name: max(one.get(name, 0), other.get(name, 0)) for name in one.keys() | other.keys()}


@dataclass(frozen=True, slots=True)
class KeptList:
    """The last published token of a list, which was signed by us, and what it says."""

    signed: SignedList
    statuses: StatusList
    epoch: int

    @property
    def age(self) -> tuple[int, int, int]:
        """Greater is later."""
        return self.epoch, self.signed.version, self.signed.issued_at


class Lost(NamedTuple):
    """Indexes that a kept list calls revoked or paused, and the database valid."""

    revoked: frozenset[int]
    paused: frozenset[int]


def lost(kept: StatusList, truth: StatusList) -> Lost:
    if kept.merged(truth) == truth and SUSPENDED not in kept.unpack():
        return Lost(frozenset(), frozenset())
    pairs = list(enumerate(zip(kept.unpack(), truth.unpack(), strict=True)))
    return Lost(
        frozenset(index for index, (before, now) in pairs if before == INVALID != now),
        frozenset(index for index, (before, now) in pairs if before == SUSPENDED and not now),
    )
