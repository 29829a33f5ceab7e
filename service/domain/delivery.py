"""One message on its way to one receiver: tried until it arrives or is not worth it any more."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self

LEASE: Final = 120
"""Seconds for which who claims a delivery has it: longer than any attempt takes."""

PAUSES: Final = (10, 60, 300, 900, 3_600, 10_800, 21_600)
"""Seconds after each failed attempt; the last one again and again."""

WORTH_TRYING: Final = 4 * 86_400
"""Seconds after which a message is given up: a receiver may be down from Thursday evening to Monday."""

_JITTER: Final = 0.25


class Channel(StrEnum):
    MAIL = "mail"
    WEBHOOK = "webhook"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """`target` is a user or a webhook. `due_at` is when it is tried (again), or until when somebody has it.

    `outcome` is delivered or given_up.
    """

    id: str
    message_id: str
    channel: Channel
    target: str
    due_at: int
    give_up_at: int
    attempts: int = 0
    fault: str | None = None
    finished_at: int | None = None
    outcome: str | None = None

    @classmethod
    def planned(
        cls, message_id: str, channel: Channel, target: str, *, now: int, expires_at: int | None
    ) -> Self:
        end = now + WORTH_TRYING
        return cls(
            id=hashlib.sha256(f"{message_id}/{channel}/{target}".encode()).hexdigest()[:32],
            message_id=message_id,
            channel=channel,
            target=target,
            due_at=now,
            give_up_at=end if expires_at is None else min(end, expires_at),
        )

    def next_attempt(self, now: int, luck: float) -> int | None:
        """When to try again after a failure; None when that would be too late. `luck` from 0 to 1 spreads attempts."""
        pause = PAUSES[min(self.attempts, len(PAUSES)) - 1]
        due = now + max(1, round(pause * (1 + _JITTER * (2 * luck - 1))))
        return due if due < self.give_up_at else None
