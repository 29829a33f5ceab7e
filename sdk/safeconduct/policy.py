"""What a verifier demands of a token."""

from dataclasses import dataclass
from typing import Final

from safeconduct.algorithms import ALGORITHMS
from safeconduct.errors import InvalidPolicy

LEEWAY: Final = 30
"""Seconds that the issuer's clock may be ahead of the verifier's."""
STATUS_LIST_LIFETIME: Final = 900
"""Seconds for which the issuer's status list tokens hold. A token that cannot be revoked lives no longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationPolicy:
    """What is demanded of every token. All durations are seconds.

    Args:
        issuer: `iss`, byte for byte.
        audiences: the token must be meant for one of them. None leaves that judgement to the caller.
        algorithms: `alg` values that may be used at all; a key is bound to one of them anyway.
        leeway: how far `nbf` and `iat` may lie in the future.
        exp_leeway: how long a token is honoured on and after `exp`.
        max_lifetime: the greatest `exp` - `iat`; None sets no bound.
        require_status: refuse a token without status list entry that lives longer than `unlisted_lifetime`.
        list_lifetime: the greatest `exp` - `iat` of a status list token.
        list_bytes: the greatest inflated status list.
    """

    issuer: str
    audiences: frozenset[str] | None
    algorithms: frozenset[str] = frozenset(ALGORITHMS)
    leeway: int = LEEWAY
    exp_leeway: int = 0
    max_lifetime: int | None = None
    require_status: bool = True
    unlisted_lifetime: int = STATUS_LIST_LIFETIME
    list_lifetime: int = 3600
    list_bytes: int = 16 * 1024 * 1024

    def __post_init__(self) -> None:
        if not self.issuer:
            raise InvalidPolicy("issuer is empty")
        if self.audiences is not None and not self.audiences:
            raise InvalidPolicy("audiences is empty; None leaves the audience to the caller")
        if not self.algorithms or not self.algorithms <= ALGORITHMS.keys():
            raise InvalidPolicy(f"algorithms are not among {', '.join(ALGORITHMS)}")
        if min(self.leeway, self.exp_leeway) < 0:
            raise InvalidPolicy("a leeway is negative")
