"""A status list as the database shows it, and as it is signed."""

from collections.abc import Sequence
from dataclasses import dataclass

from safeconduct.status_list import INVALID, LIST_SIZE, StatusList

from service.domain.permutation import RESERVED_AT_EACH_END


@dataclass(frozen=True, slots=True, kw_only=True)
class ListHead:
    """How far a list is, as of one database snapshot: `as_of` is that snapshot's time, `version` the revision of the
    list's last change.

    A `closed` list hands out no index any more; a `retired` one is published no more.
    """

    list_id: str
    version: int
    as_of: int
    closed: bool
    retired: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ListSnapshot:
    """One list as of one database snapshot: `as_of` is that snapshot's time, `version` the
    revision of the list's last change.

    `unlisted` is the status of every index that `entries` does not name: VALID (0) while indexes are handed out,
    INVALID (1) once the list is full or closed, so that an index without a live value refuses.
    """

    list_id: str
    version: int
    as_of: int
    unlisted: int
    entries: Sequence[tuple[int, int]]

    def statuses(self) -> StatusList:
        """The whole list, packed, its guards in place."""
        statuses = bytearray([self.unlisted]) * LIST_SIZE
        for index, status in self.entries:
            statuses[index] = status
        guard = bytes([INVALID]) * RESERVED_AT_EACH_END
        statuses[:RESERVED_AT_EACH_END] = statuses[-RESERVED_AT_EACH_END:] = guard
        return StatusList.pack(bytes(statuses))


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedList:
    """A status list token as all replicas serve it."""

    list_id: str
    version: int
    tick: int
    token: str
    issued_at: int
    expires_at: int
