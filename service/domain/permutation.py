"""Which index of a status list the n-th token gets: random to the outside, unique by construction."""

import hmac

from safeconduct.status_list import LIST_SIZE

RESERVED_AT_EACH_END = 4
"""Entries in the first and in the last byte, which say that the list is whole (design: 0x55)."""

CAPACITY = LIST_SIZE - 2 * RESERVED_AT_EACH_END
_ROUNDS = 8
_HALF_BITS = 9
_HALF = (1 << _HALF_BITS) - 1


class IndexPermutation:
    """The order in which one list hands out its indexes, told by `key` alone.

    A Feistel network over 18 bits, its round function HMAC-SHA-256 over (list id, round, half), walked until
    it lands within the capacity: a bijection on 0 ≤ counter < CAPACITY.
    """

    def __init__(self, list_id: str, key: bytes) -> None:
        self._rounds = tuple(
            tuple(_round(f"{list_id}:{number}:{half}", key) for half in range(_HALF + 1))
            for number in range(_ROUNDS)
        )

    def index_of(self, counter: int) -> int:
        """The index of the list's `counter`-th token, past the reserved first entries."""
        if not 0 <= counter < CAPACITY:
            raise ValueError(f"counter {counter} is beyond the list")
        value = counter
        while True:
            left, right = value >> _HALF_BITS, value & _HALF
            for table in self._rounds:
                left, right = right, left ^ table[right]
            value = left << _HALF_BITS | right
            if value < CAPACITY:
                return value + RESERVED_AT_EACH_END


def _round(message: str, key: bytes) -> int:
    return int.from_bytes(hmac.digest(key, message.encode(), "sha256")[:2]) & _HALF
