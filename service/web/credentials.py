"""What a caller shows: an Authorization header, or the session cookie. Only its shape is judged here."""

import re
from dataclasses import dataclass
from typing import Final

from aiohttp import hdrs, web
from safeconduct.errors import TokenMalformed

from service.domain.reference import PREFIX
from service.domain.secret import Secret
from service.domain.session import Carrier
from service.web.refusals import SeveralCredentials

_B64TOKEN: Final = re.compile(r"[A-Za-z0-9._~+/-]+=*")  # RFC 6750 section 2.1
_TOKEN_PARAMETER: Final = "access_token"  # noqa: S105 - the name of a parameter


@dataclass(frozen=True, slots=True)
class Jwt:
    """A personal access token, or a short reference to one."""

    text: str


@dataclass(frozen=True, slots=True)
class SessionSecret:
    """The secret of a session, and what carried it."""

    secret: Secret
    carrier: Carrier


@dataclass(frozen=True, slots=True)
class OtherScheme:
    """A credential that no route of our own API takes, like Basic."""


Credential = Jwt | SessionSecret | OtherScheme


def cookie_name(*, secure: bool) -> str:
    """`__Host-` binds the cookie to https and to this very host; loopback http has to do without."""
    return "__Host-safeconduct" if secure else "safeconduct"


def shown_credential(request: web.Request, cookie: str) -> Credential | None:
    """The one credential of a request; None when it shows none. The header goes before the cookie.

    Raises:
        SeveralCredentials: two of them, or a header that two readers could take differently.
        TokenMalformed: a Bearer credential with characters that no token has.
    """
    headers = request.headers.getall(hdrs.AUTHORIZATION, ())
    if headers:
        if len(headers) > 1 or _in_query(request):
            raise SeveralCredentials("the Authorization header alone may carry a credential, and only one")
        return _of_header(headers[0])
    if hdrs.COOKIE in request.headers and (secret := request.cookies.get(cookie)):
        return SessionSecret(Secret(secret), Carrier.COOKIE)
    return None


def _in_query(request: web.Request) -> bool:
    return bool(request.rel_url.raw_query_string) and _TOKEN_PARAMETER in request.query


def _of_header(header: str) -> Credential:
    scheme, space, credential = header.partition(" ")
    if scheme.lower() != "bearer":
        return OtherScheme()
    if not space or not credential or credential[0] in " \t" or "," in credential:
        raise SeveralCredentials("one space and one credential after Bearer")
    if not _B64TOKEN.fullmatch(credential):
        raise TokenMalformed("no token looks like this")
    if "." in credential or credential.startswith(PREFIX):
        return Jwt(credential)
    return SessionSecret(Secret(credential), Carrier.BEARER)
