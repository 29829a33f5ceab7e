"""The short reference: a name for a record, for fields that hold no JWT. It asserts nothing by itself.

`sct_`, 160 random bits as 27 letters and digits, and 6 more that check them: a typing error is told from a stranger's
string without asking anybody.
"""

import re
import zlib
from dataclasses import dataclass
from typing import Final, NamedTuple

from service.domain.identifiers import Randomness
from service.domain.token import TokenTruth

PREFIX: Final = "sct_"
SHORT_REFERENCE: Final = "short_reference"
"""The kind of what is stored; what else may stand for a record has another one."""

_DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_OCTETS: Final = 20
_SECRET: Final = 27
_CHECK: Final = 6
_HINT: Final = 4
PATTERN: Final = rf"{PREFIX}[0-9A-Za-z]{{{_SECRET + _CHECK}}}"
_FORM: Final = re.compile(PATTERN, re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """What is stored of one: its keyed hash, never itself. `jti` is that of the value that was made with it."""

    reference_hash: str
    token_id: str
    jti: str
    created_at: int
    kind: str = SHORT_REFERENCE


class ReferenceTruth(NamedTuple):
    """What the database says of a reference and of its record, whose present settings are `truth`'s."""

    truth: TokenTruth
    issued_at: int
    not_before: int | None


def new_reference(randomness: Randomness) -> str:
    """A fresh one, of 37 characters."""
    secret = _in_digits(int.from_bytes(randomness(_OCTETS), "big"), _SECRET)
    return f"{PREFIX}{secret}{_check(secret)}"


def is_reference(text: str) -> bool:
    """Whether it is whole: of our form, and with the check that belongs to it."""
    return _FORM.fullmatch(text) is not None and text[-_CHECK:] == _check(text[len(PREFIX) : -_CHECK])


def hint_of(reference: str) -> str:
    """By what its owner tells it from others: not enough to guess the rest."""
    return f"{PREFIX}…{reference[-_HINT:]}"


def _check(secret: str) -> str:
    return _in_digits(zlib.crc32(secret.encode()), _CHECK)


def _in_digits(number: int, length: int) -> str:
    digits = []
    for _ in range(length):
        number, digit = divmod(number, len(_DIGITS))
        digits.append(_DIGITS[digit])
    return "".join(reversed(digits))
