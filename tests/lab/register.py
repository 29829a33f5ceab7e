"""Whether a history of one token's revocation could have come from one place at one time: exact, and in one pass.

"Revoked" is a register that is written once and never back. A history is linearizable if and only if no `active`
answer was asked for, and no first revocation begun, after somebody already knew better.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

NEVER = math.inf

Kind = Literal["revoke", "read"]


@dataclass(frozen=True, slots=True)
class Event:
    """One call and its answer. `invoked` and `returned` in seconds; `returned` is NEVER where the outcome is unknown.

    `active` is what a read was told, None for a revocation and for a read that was told nothing.
    """

    kind: Kind
    invoked: float
    returned: float = NEVER
    active: bool | None = None


def is_linearizable(history: Iterable[Event]) -> bool:
    """One order of all calls, each somewhere between its start and its end, explains every answer."""
    revoked_first = known_by = NEVER
    active_last = -NEVER
    for event in history:
        if event.kind == "revoke":
            revoked_first = min(revoked_first, event.invoked)
            known_by = min(known_by, event.returned)
        elif event.active is False:
            known_by = min(known_by, event.returned)
        elif event.active:
            active_last = max(active_last, event.invoked)
    return known_by == NEVER or max(active_last, revoked_first) <= known_by
