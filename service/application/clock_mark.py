"""The clock never goes back (R71): the database remembers the greatest time at which it let something be signed."""

from typing import ClassVar, Final

from service.application.ports import Transaction
from service.domain.errors import CannotSign

LEEWAY: Final = 30
"""Seconds by which a clock may be behind: verifiers take a token that seems to come from so far ahead (ruling 3)."""
MARK: Final = "signed_at"


class ClockBehind(CannotSign):
    """The database's clock was set back, or an older one took its place: `iat` and `exp` would be wrong."""

    code: ClassVar[str] = "clock_behind"

    def __init__(self, seconds: int) -> None:
        super().__init__(f"the database's clock is {seconds} s behind a time at which something was signed")


async def demand_clock(tx: Transaction, now: int) -> None:
    """Let nothing pass by a clock that has gone back. Raises ClockBehind."""
    _judge((await tx.heads()).get(MARK, 0), now)


async def mark_clock(tx: Transaction, now: int) -> None:
    """The same, and remember `now` with what this transaction signs; it holds the key set."""
    _judge(await tx.note_signing(now), now)


def _judge(mark: int, now: int) -> None:
    if (behind := mark - now) > LEEWAY:
        raise ClockBehind(behind)
