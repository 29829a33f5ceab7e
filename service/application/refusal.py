"""Why a genuine token is not honoured, said to whoever holds it."""

from collections.abc import Mapping
from typing import Final

from safeconduct.errors import InvalidToken, TokenExpired, TokenNotYetValid, TokenRevoked, TokenSuspended

from service.domain.short_token import ShortTruth
from service.domain.token import TokenTruth

_REFUSALS: Final[Mapping[str, type[InvalidToken]]] = {
    "revoked": TokenRevoked,
    "suspended": TokenSuspended,
    "expired": TokenExpired,
    "not_yet_valid": TokenNotYetValid,
}


def demand_honoured(truth: TokenTruth | ShortTruth) -> None:
    """Raises InvalidToken, or the kind of it that says more, unless the token may be honoured now."""
    if truth.reason is not None:
        words = truth.reason.replace("_", " ")
        raise _REFUSALS.get(truth.reason, InvalidToken)(f"not honoured: {words}")
