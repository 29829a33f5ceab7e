"""Who is hit when a key ends."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple


class OwnerHit(NamedTuple):
    """Somebody, and how many of their records have a value that the key signed."""

    id: str
    name: str
    kind: str
    tokens: int


class AudienceHit(NamedTuple):
    """An API, and how many records for it have a value that the key signed."""

    id: str
    tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyDamage:
    """The most hit first."""

    owners: Sequence[OwnerHit] = ()
    audiences: Sequence[AudienceHit] = ()
