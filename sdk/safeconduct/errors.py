"""All failures a caller of the SDK may meet. Codes are API, messages are not; no message repeats a token.

SafeconductError
├── SeveralCredentials        more than one in a request: answer 400 invalid_request
├── InvalidToken              the bearer's fault: answer 401 invalid_token (RFC 6750 section 3.1)
│   ├── TokenMissing          no credential at all: answer 401 without an error code
│   ├── MissingBearerPrefix   a token where the word Bearer should precede it
│   ├── DoubleBearer
│   ├── TokenMalformed        not a compact JWS in our strict form; no key was looked at
│   ├── WrongType             `typ` is not at+jwt
│   ├── WrongAlgorithm        `alg` is not allowed, or not its key's
│   ├── UnknownKey            `kid` is not in the key set: the one error that a fresher set may cure
│   ├── WrongKeyPurpose       the key may sign something, but not this
│   ├── BadSignature
│   ├── InvalidClaims         a claim is missing, of the wrong type or out of range
│   ├── WrongIssuer
│   ├── WrongAudience
│   ├── TokenExpired
│   ├── TokenNotYetValid      `nbf` or `iat` lies in the future
│   ├── LifetimeTooLong       `exp` - `iat` is more than the policy takes
│   ├── StatusMissing         long-lived, but nobody could revoke it
│   ├── UnknownStatus         the status list makes no statement about this token
│   ├── TokenRevoked
│   ├── TokenSuspended        paused, may return
│   ├── TokenInactive         its issuer says that it does not hold, and not why
│   └── AddressNotAllowed     used from outside `allowed_ips`
├── InsufficientScope         valid, but not for this: answer 403 insufficient_scope
├── Unavailable               validity cannot be shown now: answer 503, never 401 and never yes
├── InvalidKeySet
├── InvalidStatusList
│   ├── StatusListExpired
│   └── UnknownStatusListKey  `kid` is not in the key set: a fresher set may cure it
└── InvalidPolicy             a verifier was configured with something it cannot hold
"""

from typing import ClassVar


class SafeconductError(Exception):
    """Base of all expected failures. `code` is API; the text is not."""

    code: ClassVar[str] = "error"


class InvalidToken(SafeconductError):
    """The token must not be honoured."""

    code: ClassVar[str] = "invalid_token"


class SeveralCredentials(SafeconductError):
    """A request carries more than one credential, or one that two readers could take differently."""

    code: ClassVar[str] = "several_credentials"


class TokenMissing(InvalidToken):
    """The request carries no Bearer credential."""

    code: ClassVar[str] = "token_missing"


class MissingBearerPrefix(InvalidToken):
    """The header holds a token without the word Bearer before it."""

    code: ClassVar[str] = "token_missing_bearer_prefix"


class DoubleBearer(InvalidToken):
    """The header says Bearer twice."""

    code: ClassVar[str] = "token_double_bearer"


class TokenMalformed(InvalidToken):
    """Not a compact JWS in the strict form of RFC 7515 that Safeconduct reads."""

    code: ClassVar[str] = "token_malformed"


class WrongType(InvalidToken):
    """Some other kind of JWT: `typ` is not at+jwt (RFC 9068 section 4)."""

    code: ClassVar[str] = "wrong_type"


class WrongAlgorithm(InvalidToken):
    """`alg` is not on the policy's list, or not the algorithm its key is bound to."""

    code: ClassVar[str] = "wrong_algorithm"


class UnknownKey(InvalidToken):
    """No key of the set has this `kid`."""

    code: ClassVar[str] = "unknown_key"


class WrongKeyPurpose(InvalidToken):
    """The key is published for another kind of JWT."""

    code: ClassVar[str] = "wrong_key_purpose"


class BadSignature(InvalidToken):
    """The signature has the wrong length or does not fit key and text."""

    code: ClassVar[str] = "bad_signature"


class InvalidClaims(InvalidToken):
    """A claim is missing, of the wrong type or out of its range."""

    code: ClassVar[str] = "invalid_claims"


class WrongIssuer(InvalidToken):
    """`iss` is not the expected issuer, compared as a whole string."""

    code: ClassVar[str] = "wrong_issuer"


class WrongAudience(InvalidToken):
    """None of `aud` is an expected audience."""

    code: ClassVar[str] = "token_wrong_api"


class TokenExpired(InvalidToken):
    """On or after `exp` (RFC 7519 section 4.1.4)."""

    code: ClassVar[str] = "token_expired"


class TokenNotYetValid(InvalidToken):
    """`nbf` or `iat` lies further in the future than the leeway."""

    code: ClassVar[str] = "token_not_yet_valid"


class LifetimeTooLong(InvalidToken):
    """The token lives longer than the policy takes."""

    code: ClassVar[str] = "lifetime_too_long"


class StatusMissing(InvalidToken):
    """A long-lived token without a status list entry could never be revoked."""

    code: ClassVar[str] = "status_missing"


class UnknownStatus(InvalidToken):
    """The index lies outside the list, or its value has no registered meaning: no statement, so no."""

    code: ClassVar[str] = "unknown_status"


class TokenRevoked(InvalidToken):
    """Revoked for ever."""

    code: ClassVar[str] = "token_revoked"


class TokenSuspended(InvalidToken):
    """Paused; may become valid again."""

    code: ClassVar[str] = "token_paused"


class TokenInactive(InvalidToken):
    """Genuine and unexpired, but its issuer does not honour it any more (RFC 7662 section 2.2)."""

    code: ClassVar[str] = "token_inactive"


class AddressNotAllowed(InvalidToken):
    """The client's address lies outside `allowed_ips`."""

    code: ClassVar[str] = "token_address_not_allowed"


class InsufficientScope(SafeconductError):
    """The token is valid, but its scopes do not cover what was asked. `missing` names those that lack."""

    code: ClassVar[str] = "insufficient_scope"

    def __init__(self, message: str = "", missing: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.missing = missing


class Unavailable(SafeconductError):
    """Freshness cannot be shown, so neither can validity: the caller answers 503.

    `retry_after` is seconds.
    """

    retry_after: ClassVar[int] = 2
    code: ClassVar[str] = "verifier_unavailable"


class InvalidKeySet(SafeconductError):
    """The JWKS document breaks a rule, so none of its keys is used."""

    code: ClassVar[str] = "invalid_key_set"


class InvalidStatusList(SafeconductError):
    """A status list, or the token around it, that makes no trustworthy statement."""

    code: ClassVar[str] = "invalid_status_list"


class StatusListExpired(InvalidStatusList):
    """On or after the status list token's `exp`."""

    code: ClassVar[str] = "status_list_expired"


class UnknownStatusListKey(InvalidStatusList):
    """No key of the set has the status list token's `kid`."""

    code: ClassVar[str] = "unknown_status_list_key"

    def __init__(self, message: str, kid: str) -> None:
        super().__init__(message)
        self.kid = kid


class InvalidPolicy(SafeconductError):
    """A verification policy that would check less than it seems to."""

    code: ClassVar[str] = "invalid_policy"
