"""How a refused caller may authenticate: `WWW-Authenticate` (RFC 6750 section 3, RFC 9470, RFC 9728 section 5.1)."""

from typing import Final
from urllib.parse import urlsplit

from safeconduct.errors import InsufficientScope, InvalidToken, SafeconductError

from service.domain.errors import ConfirmationNeeded
from service.web.refusals import SessionEnded, SeveralCredentials

BASIC: Final = 'Basic realm="safeconduct", charset="UTF-8"'


class BearerChallenges:
    """Challenges that name our issuer's protected resource metadata."""

    def __init__(self, issuer: str) -> None:
        parts = urlsplit(issuer)
        self._metadata = (
            f"{parts.scheme}://{parts.netloc}/.well-known/oauth-protected-resource{parts.path.rstrip('/')}"
        )

    def challenge(self, error: SafeconductError) -> str:
        """What stands in the header: no error code when no credential was shown (RFC 6750 section 3.1)."""
        match error:
            case ConfirmationNeeded():
                return self._with(f'error="{error.code}"', f'max_age="{error.max_age}"')
            case InvalidToken() | SessionEnded():
                return self._with('error="invalid_token"')
            case InsufficientScope():
                return self._with(f'error="{error.code}"')
            case SeveralCredentials():
                return self._with('error="invalid_request"')
        return self._with()

    def _with(self, *parameters: str) -> str:
        return ", ".join(['Bearer realm="safeconduct"', *parameters, f'resource_metadata="{self._metadata}"'])
