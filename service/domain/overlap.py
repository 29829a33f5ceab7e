"""How long the value before goes on beside a new one."""

from dataclasses import dataclass
from typing import Final

LONGEST: Final = 7 * 86_400
LONGEST_BY_ITSELF: Final = 300
"""Of a token that rotates itself: so long that a lost answer locks nobody out, too short to go unnoticed for long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """`seconds` at most, never past the old value's own end; `until_used`: also ended by the new value's first use."""

    seconds: int = 0
    until_used: bool = False


NO_OVERLAP: Final = Overlap()
