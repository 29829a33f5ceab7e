"""The error tree: codes are API."""

import re

from safeconduct import errors
from safeconduct.errors import InvalidStatusList, InvalidToken, SafeconductError, Unavailable

CODES = {
    "SafeconductError": "error",
    "InvalidToken": "invalid_token",
    "SeveralCredentials": "several_credentials",
    "TokenMissing": "token_missing",
    "MissingBearerPrefix": "token_missing_bearer_prefix",
    "DoubleBearer": "token_double_bearer",
    "TokenMalformed": "token_malformed",
    "WrongType": "wrong_type",
    "WrongAlgorithm": "wrong_algorithm",
    "UnknownKey": "unknown_key",
    "WrongKeyPurpose": "wrong_key_purpose",
    "BadSignature": "bad_signature",
    "InvalidClaims": "invalid_claims",
    "WrongIssuer": "wrong_issuer",
    "WrongAudience": "token_wrong_api",
    "TokenExpired": "token_expired",
    "TokenNotYetValid": "token_not_yet_valid",
    "LifetimeTooLong": "lifetime_too_long",
    "StatusMissing": "status_missing",
    "UnknownStatus": "unknown_status",
    "TokenRevoked": "token_revoked",
    "TokenSuspended": "token_paused",
    "TokenInactive": "token_inactive",
    "AddressNotAllowed": "token_address_not_allowed",
    "InsufficientScope": "insufficient_scope",
    "Unavailable": "verifier_unavailable",
    "InvalidKeySet": "invalid_key_set",
    "InvalidStatusList": "invalid_status_list",
    "StatusListExpired": "status_list_expired",
    "UnknownStatusListKey": "unknown_status_list_key",
    "InvalidPolicy": "invalid_policy",
}
TREE = {name: value for name, value in vars(errors).items() if isinstance(value, type)}


def test_no_code_ever_changes() -> None:
    """Callers branch on codes; this table is the promise."""
    assert {name: error.code for name, error in TREE.items()} == CODES


def test_codes_are_unique_and_in_snake_case() -> None:
    """One code, one meaning."""
    codes = list(CODES.values())

    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", code) for code in codes)


def test_one_except_clause_catches_everything() -> None:
    """Everything that is expected to go wrong has one base."""
    assert all(issubclass(error, SafeconductError) for error in TREE.values())


def test_what_is_not_the_bearers_fault_is_no_invalid_token() -> None:
    """A stale list must answer 503, never 401 and never yes."""
    assert not issubclass(Unavailable, InvalidToken)
    assert not issubclass(InvalidStatusList, InvalidToken)


def test_the_tree_in_the_docstring_names_every_error() -> None:
    """The drawing is the documentation."""
    assert set(re.findall(r"[├└]── (\w+)", errors.__doc__ or "")) == set(CODES) - {"SafeconductError"}
