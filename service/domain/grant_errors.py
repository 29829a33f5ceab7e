"""Why the token endpoint gives no token; `code` is the `error` of RFC 6749 section 5.2.

GrantRefused
├── UnsupportedGrantType
├── UnauthorizedClient     authenticated, but this grant is not for it
├── InvalidScope
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


class InvalidTarget(GrantRefused):
    """An API that is not registered, or not this client's."""

    code: ClassVar[str] = "invalid_target"
