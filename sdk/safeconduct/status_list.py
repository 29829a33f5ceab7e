"""The packed status of many tokens (Token Status List sections 4 and 7): pack, read, change, merge.

Least significant bits first; W3C's Bitstring list is the other way around.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from typing import Final

from safeconduct.errors import InvalidStatusList, TokenRevoked, TokenSuspended, UnknownStatus

SPECIFICATION: Final = "Token Status List (draft-ietf-oauth-status-list-21, approved, RFC number pending)"

VALID: Final = 0
INVALID: Final = 1
"""Final: no change and no merge turns it back."""
SUSPENDED: Final = 2

LIST_BITS: Final = 2
LIST_SIZE: Final = 2**17
"""Entries of every list this issuer publishes."""
LIST_BYTES: Final = LIST_SIZE * LIST_BITS // 8
GUARD: Final = 0x55
"""First and last byte of every list this issuer publishes: INVALID four times, where no token is."""


@dataclass(frozen=True, slots=True)
class StatusList:
    """The statuses of the indexes 0 to `len(list)` - 1, `bits` for each.

    Raises:
        InvalidStatusList: `bits` is not 1, 2, 4 or 8.
    """

    packed: bytes
    bits: int = LIST_BITS

    def __post_init__(self) -> None:
        _statuses_per_byte(self.bits)

    @classmethod
    def fresh(cls) -> "StatusList":
        """A list of this issuer of which no token has been revoked: VALID but for the guards."""
        return cls(bytes([GUARD]) + bytes(LIST_BYTES - 2) + bytes([GUARD]))

    @classmethod
    def whole(cls, packed: bytes) -> "StatusList":
        """A list of this issuer as it was published, for instance in Redis.

        Raises:
            InvalidStatusList: missing, short, flushed or half written: not 32,768 bytes between two guards.
        """
        if len(packed) != LIST_BYTES or packed[0] != GUARD or packed[-1] != GUARD:
            raise InvalidStatusList("the list is not whole")
        return cls(packed)

    @classmethod
    def pack(cls, statuses: bytes, bits: int = LIST_BITS) -> "StatusList":
        """Pack one status a byte; the last byte is filled up with VALID.

        Raises:
            InvalidStatusList: a status needs more than `bits`.
        """
        per_byte = _statuses_per_byte(bits)
        if statuses and max(statuses) >= 1 << bits:
            raise InvalidStatusList(f"a status needs more than {bits} bits")
        length = -(-len(statuses) // per_byte)
        columns = (int.from_bytes(statuses[k::per_byte], "little") << k * bits for k in range(per_byte))
        return cls(reduce(int.__or__, columns, 0).to_bytes(length, "little"), bits)

    def unpack(self) -> bytes:
        """One status a byte."""
        per_byte = _statuses_per_byte(self.bits)
        statuses = bytearray(len(self))
        packed, lowest = int.from_bytes(self.packed, "little"), self._each((1 << self.bits) - 1)
        for k in range(per_byte):
            statuses[k::per_byte] = (packed >> k * self.bits & lowest).to_bytes(len(self.packed), "little")
        return bytes(statuses)

    def __len__(self) -> int:
        return len(self.packed) * 8 // self.bits

    def read(self, index: int) -> int:
        """The status at `index`.

        Raises:
            UnknownStatus: the list has no such index (section 8.3: reject).
        """
        if not 0 <= index < len(self):
            raise UnknownStatus("the status list has no such index")
        byte, shift = _place(index, self.bits)
        return self.packed[byte] >> shift & (1 << self.bits) - 1

    def changed(self, changes: Iterable[tuple[int, int]]) -> "StatusList":
        """This list with each (index, status) applied in turn; an INVALID entry stays what it is.

        Raises:
            InvalidStatusList: an index or a status that this list cannot hold.
        """
        packed, size, mask = bytearray(self.packed), len(self), (1 << self.bits) - 1
        for index, status in changes:
            if not 0 <= index < size or not 0 <= status <= mask:
                raise InvalidStatusList("the list cannot hold this index or status")
            byte, shift = _place(index, self.bits)
            if packed[byte] >> shift & mask != INVALID:
                packed[byte] = packed[byte] & ~(mask << shift) | status << shift
        return StatusList(bytes(packed), self.bits)

    def merged(self, truth: "StatusList") -> "StatusList":
        """Entry by entry: INVALID where either list says so, else what `truth` says.

        Raises:
            InvalidStatusList: the lists differ in shape.
        """
        if len(self.packed) != len(truth.packed) or self.bits != truth.bits:
            raise InvalidStatusList("lists of different shape cannot be merged")
        ours, theirs = (int.from_bytes(packed, "little") for packed in (self.packed, truth.packed))
        one = self._each(0xFF // ((1 << self.bits) - 1))
        higher = reduce(int.__or__, (ours >> k for k in range(1, self.bits)), 0)
        invalid = ours & ~higher & one
        merged = theirs & ~(invalid * ((1 << self.bits) - 1)) | invalid
        return StatusList(merged.to_bytes(len(self.packed), "little"), self.bits)

    def _each(self, byte: int) -> int:
        return int.from_bytes(bytes([byte]) * len(self.packed), "little")


def judge_status(status: int) -> None:
    """Return if `status` is VALID.

    Raises:
        TokenRevoked: INVALID.
        TokenSuspended: SUSPENDED.
        UnknownStatus: any other value; nobody but its issuer knows what it means.
    """
    if status == INVALID:
        raise TokenRevoked("the token is revoked")
    if status == SUSPENDED:
        raise TokenSuspended("the token is suspended")
    if status != VALID:
        raise UnknownStatus("the status has no registered meaning")


def _statuses_per_byte(bits: int) -> int:
    if type(bits) is not int or bits not in (1, 2, 4, 8):
        raise InvalidStatusList("bits is not 1, 2, 4 or 8")
    return 8 // bits


def _place(index: int, bits: int) -> tuple[int, int]:
    """Byte and shift of an entry (section 4.1)."""
    position = index * bits
    return position >> 3, position & 7
