"""What is remembered of the uses of tokens, accepted and refused."""

import hashlib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from service.domain.network import address_of, coarse_network_of
from service.redaction import redact

RECENT: Final = 5
"""Addresses that are kept of each token."""
REFUSALS: Final = 20
"""Refused uses that are kept of each token."""
DEMANDED_WITHIN: Final = 90 * 86_400
"""Seconds after which a scope that nobody demanded counts as unused."""
LONGEST_USER_AGENT: Final = 255
LONGEST_ADDRESS: Final = 64


class Recorded(StrEnum):
    """How much is remembered of a use: all; the time and the network; the time alone; nothing."""

    FULL = "full"
    NETWORK = "time+network"
    TIME = "time"
    NOTHING = "nothing"


class RefusalReason(StrEnum):
    """Why a known value was not honoured."""

    EXPIRED = "expired"
    REVOKED = "revoked"
    REPLACED = "replaced"
    PAUSED = "paused"
    NOT_YET_VALID = "not_yet_valid"
    WRONG_AUDIENCE = "wrong_audience"
    MISSING_SCOPE = "missing_scope"
    ADDRESS = "address"

    @property
    def once_replaced(self) -> "RefusalReason":
        """What it is called where the record goes on with another value: of a value that is over that says more."""
        return RefusalReason.REPLACED if self in OVER else self


_OF_TRUTH: Final[Mapping[str, RefusalReason]] = {
    "expired": RefusalReason.EXPIRED,
    "suspended": RefusalReason.PAUSED,
    "not_yet_valid": RefusalReason.NOT_YET_VALID,
}

OVER: Final = frozenset({RefusalReason.REVOKED, RefusalReason.EXPIRED})
"""Reasons for which a value does not come back."""


class Origin(NamedTuple):
    """From where and with what a token was used, as far as that is known."""

    ip: str | None = None
    user_agent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedUse:
    """`reported_by` is the client whose word it is; None where this service has refused it itself."""

    jti: str
    at: int
    reason: RefusalReason
    origin: Origin
    reported_by: str | None = None

    @property
    def id(self) -> str:
        """The same for the same refusal, told again."""
        told = repr((self.jti, self.at, str(self.reason), *self.origin, self.reported_by))
        return hashlib.sha256(told.encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a client says of a use in the minute that began at `at`; `refused` None means that it was accepted.

    `scopes` are those that the API demanded.
    """

    jti: str
    at: int
    origin: Origin
    audience: str
    scopes: tuple[str, ...]
    refused: RefusalReason | None
    client_id: str


@dataclass(frozen=True, slots=True)
class KnownValue:
    """What a report is judged by."""

    token_id: str
    issued_at: int
    audiences: tuple[str, ...]


def reason_of(word: str) -> RefusalReason:
    """The reason behind a word of the truth; what has none of its own ends a value for good, as a revocation does."""
    return _OF_TRUTH.get(word, RefusalReason.REVOKED)


def kept_of(origin: Origin, recorded: Recorded) -> Origin:
    """So much of an origin as may be remembered, and as can be shown: an address that is one, printable text."""
    if recorded not in {Recorded.FULL, Recorded.NETWORK}:
        return Origin()
    address = address_of(origin.ip)
    if recorded is Recorded.NETWORK:
        return Origin(coarse_network_of(address) if address else None)
    return Origin(str(address) if address else None, _printable(origin.user_agent))


def _printable(text: str | None) -> str | None:
    """Without what could act on a terminal or cannot be stored; a secret that stands there by mistake is taken out."""
    seen = "".join(each for each in text or "" if unicodedata.category(each) not in {"Cc", "Cs"}).strip()
    return redact(seen[:LONGEST_USER_AGENT]) or None
