"""Why the token endpoint gives no token; `code` is the `error` of RFC 6749 section 5.2.

GrantRefused
├── UnsupportedGrantType
├── UnauthorizedClient     authenticated, but this grant is not for it
├── InvalidScope
├── InvalidSubject         RFC 8693 section 2.2.2: the token to exchange is no good
└── InvalidTarget          RFC 8707 section 2
"""

from typing import ClassVar

from service.domain.errors import Refused


class GrantRefused(Refused):
    code: ClassVar[str] = "invalid_grant"


class UnsupportedGrantType(GrantRefused):
    """No grant of this name is known here."""

    code: ClassVar[str] = "unsupported_grant_type"


class UnauthorizedClient(GrantRefused):
    """The client may not use this grant, or what it acts for is disabled."""

    code: ClassVar[str] = "unauthorized_client"


class InvalidScope(GrantRefused):
    """Unknown, malformed, or beyond what may be given."""

    code: ClassVar[str] = "invalid_scope"


class InvalidSubject(GrantRefused):
    """The token that was to be exchanged does not hold, or not for this client."""

    code: ClassVar[str] = "invalid_request"


class InvalidTarget(GrantRefused):
    """An API that is not registered, or not this client's."""

    code: ClassVar[str] = "invalid_target"
