"""The judge of the histories is itself judged, by trying every order."""

from collections.abc import Sequence
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from tests.lab.register import NEVER, Event, is_linearizable

moments = st.integers(0, 12).map(float)


@st.composite
def events(draw: st.DrawFn) -> Event:
    begin = draw(moments)
    end = begin + 0.5 + draw(moments)
    match draw(st.sampled_from(["acknowledged", "unknown", "active", "inactive", "no answer"])):
        case "acknowledged":
            return Event("revoke", begin, end)
        case "unknown":
            return Event("revoke", begin)
        case "active":
            return Event("read", begin, end, active=True)
        case "inactive":
            return Event("read", begin, end, active=False)
    return Event("read", begin)


def some_order_explains(history: Sequence[Event]) -> bool:
    """Every order of the calls, and every choice whether an unknown revocation took place."""
    told = [event for event in history if event.kind == "revoke" or event.active is not None]
    unknown = [event for event in told if event.kind == "revoke" and event.returned == NEVER]
    sure = [event for event in told if event not in unknown]
    return any(
        _explains(order)
        for number in range(min(len(unknown), 1) + 1)  # one is as good as many: the earliest
        for order in permutations([*sure, *sorted(unknown, key=lambda event: event.invoked)[:number]])
    )


def _explains(order: Sequence[Event]) -> bool:
    revoked = False
    for place, event in enumerate(order):
        if any(later.returned < event.invoked for later in order[place + 1 :]):
            return False
        if event.kind == "revoke":
            revoked = True
        elif event.active is revoked:
            return False
    return True


@given(st.lists(events(), max_size=6))
def test_the_short_check_agrees_with_every_order_tried(history: list[Event]) -> None:
    """R1: the one-way register's formula and brute force give one verdict."""
    assert is_linearizable(history) == some_order_explains(history)
