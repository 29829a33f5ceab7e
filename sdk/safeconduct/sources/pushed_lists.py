"""Signed lists that somebody keeps current: between two fetches the news comes by itself.

A feed only makes lists fresher than they would be. When it falls silent they are fetched as without it, and
a list that is fetched every few minutes anyway still serves by its own signature when everything is cut off.
"""

import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from safeconduct.claims import LATEST_TIME
from safeconduct.effective_time import Moment
from safeconduct.sources.held_list import HeldList
from safeconduct.sources.lists import LISTS_BYTES, SignedLists
from safeconduct.status_list import StatusList
from safeconduct.transport import Response
from safeconduct.want import Want

FEED_STALENESS: Final = 60
"""Seconds for which pushed news serves without being confirmed."""

_SIGNED_EVERY = 300.0  # seconds between two fetches of a list that a feed keeps current
_CACHED = 1.0  # seconds after which a list is fetched again that came out of an old cache
_REMEMBERED = 4096  # changes, for lists that are fetched while they come

Position = tuple[int, int]
"""(epoch, revision) of the database that is shown."""


class Change(NamedTuple):
    """One revision. `lists`: list id -> its changed entries, (index, status)."""

    position: Position
    previous: int
    lists: Mapping[str, Sequence[tuple[int, int]]]


class PushedLists(SignedLists):
    """What a feed's thread tells is applied under a lock; verdicts read without one."""

    def __init__(self, *, max_bytes: int = LISTS_BYTES) -> None:
        super().__init__(max_bytes=max_bytes)
        self._lock = threading.Lock()
        self._position: Position = (0, 0)
        self._base: Position = (0, 0)
        self._required: dict[str, Position] = {}
        self._recent: deque[Change] = deque(maxlen=_REMEMBERED)

    def take(self, want: Want, response: Response, moment: Moment) -> bool:
        """Raises as SignedLists does."""
        with self._lock:
            taken = super().take(want, response, moment)
            if taken and (held := self._lists.get(want.key)) is not None:
                for change in self._recent:
                    self._apply(held, change)
                if self._required and not self.is_current(held):
                    held.expire(moment.monotonic + _CACHED)
            return taken

    def resync(self, position: Position, versions: Mapping[str, int] | None) -> None:
        """Begin anew: a copy that shows less than `versions` names for its list is not current.

        None: no copy is, before it was replaced as a whole.
        """
        with self._lock:
            self._position = position
            self._recent.clear()
            self._base = position if versions is None else (position[0], 0)
            self._required = {each: (position[0], version) for each, version in (versions or {}).items()}
        self.lost()
        if versions is not None:
            for held in self.held():
                if not self.is_current(held):
                    held.expire(self._issuer.time().monotonic)

    def change(self, change: Change) -> bool:
        """Apply one revision; False where an earlier one was missed."""
        with self._lock:
            if change.position[0] != self._position[0] or change.previous > self._position[1]:
                return False
            if change.position > self._position:
                self._position = change.position
                self._recent.append(change)
                for held in self.held():
                    self._apply(held, change)
            return True

    def confirm(self, as_of: int) -> None:
        """At `as_of` the database had nothing newer than what was pushed: current copies are as fresh as that."""
        moment, profile = self._issuer.time(), self._issuer.profile
        if as_of > moment.now + FEED_STALENESS:
            return
        with self._lock:
            for held in self.held():
                if self.is_current(held):
                    period = min(held.ttl, profile.refresh)
                    end = as_of + min(FEED_STALENESS, profile.max_staleness)
                    held.as_of = max(held.as_of, as_of)
                    held.usable_until = max(held.usable_until, end)
                    confirmed_at = moment.monotonic - max(0, moment.now - as_of)
                    held.extend(min(confirmed_at + period, held.fetched_at + _SIGNED_EVERY), period)

    def replace(self, uri: str, statuses: StatusList, position: Position) -> None:
        """A whole copy of a list, as of `position`."""
        with self._lock:
            held = self._lists.get(uri)
            if held is not None and (held.version is None or held.version <= position):
                held.replace(statuses, position)

    def lost(self) -> None:
        """The feed is silent: from now on lists are fetched as without it."""
        moment, profile = self._issuer.time(), self._issuer.profile
        with self._lock:
            for held in self.held():
                held.withdraw(moment.monotonic, min(held.ttl, profile.refresh))

    def behind(self) -> Iterator[str]:
        """The lists that are held and not current."""
        return (held.uri for held in self.held() if held.statuses.packed and not self.is_current(held))

    def is_current(self, held: HeldList) -> bool:
        """Whether it shows all that the feed has told."""
        required = self._required.get(_list_id(held.uri), self._base)
        return held.version is not None and held.version >= required

    def _apply(self, held: HeldList, change: Change) -> None:
        entries = change.lists.get(_list_id(held.uri))
        if entries is None or held.version is None:
            return
        if self.is_current(held):
            if change.position > held.version:
                held.replace(held.statuses.changed(entries), change.position)
        else:
            self._required[_list_id(held.uri)] = change.position


def read_change(document: Mapping[str, Any]) -> Change:
    """A change as the event stream and Redis tell it.

    Raises:
        ValueError: it is none.
    """
    position = (whole(document.get("epoch")), whole(document.get("revision")))
    try:
        lists = {
            name: [(whole(idx), whole(status)) for idx, status in entries]
            for name, entries in document["lists"].items()
        }
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("not a change") from error
    return Change(position, whole(document.get("previous")), lists)


def whole(value: object) -> int:
    """A number as both feeds write it. Raises ValueError for anything else."""
    if type(value) is not int or not 0 <= value <= LATEST_TIME:
        raise ValueError("not a whole number")
    return value


def _list_id(uri: str) -> str:
    return uri.rpartition("/")[2]
