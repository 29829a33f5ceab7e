"""What passes between us and a gateway, besides the request that it asks about."""

from typing import ClassVar, Final

from service.domain.errors import Refused

GATEWAY_CREDENTIALS: Final = "X-Gateway-Authorization"
"""Where the gateway's own credentials stand: Authorization carries the token that it asks about."""

TOLD: Final = ("X-Auth-Subject", "X-Auth-Token-Id", "X-Auth-Jti", "X-Auth-Scopes")
"""Always set, empty where nothing is known, so that nothing a client sent under these names gets past (threats 13)."""

WHY_NOT: Final = "X-Auth-Error"
"""The code of a refusal, where a gateway cannot read it from the body."""


class GatewayUnknown(Refused):
    """The gateway itself is not authenticated: its configuration is wrong, not the token."""

    code: ClassVar[str] = "gateway_not_authenticated"
