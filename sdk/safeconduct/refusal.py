"""A failure as an HTTP answer: status, RFC 6750 challenge, and a body that helps whoever reads it."""

import json
from typing import Final, NamedTuple

from safeconduct.errors import (
    InsufficientScope,
    InvalidToken,
    SafeconductError,
    SeveralCredentials,
    TokenMissing,
    Unavailable,
)
from safeconduct.words import title

REALM: Final = "safeconduct"


class Refusal(NamedTuple):
    """`body` is JSON: code, title and help."""

    status: int
    headers: dict[str, str]
    body: bytes


def refusal(error: SafeconductError, issuer: str, token: str = "") -> Refusal:
    """How a resource server answers `error` (RFC 6750 section 3). No part of `token` is repeated.

    401 for a token that does not hold, 403 for one that may not do this, 400 for several, 503 where it
    cannot be told: that one has no challenge, since another token would not help.
    """
    said = title(error, token)
    headers = {"Content-Type": "application/json", "Cache-Control": "no-store"}
    parameters: list[tuple[str, str]] | None = []
    match error:
        case TokenMissing():
            status = 401
        case InvalidToken():
            status, parameters = 401, [("error", "invalid_token"), ("error_description", said)]
        case InsufficientScope():
            status, parameters = 403, [("error", "insufficient_scope"), ("error_description", said)]
            if error.missing:
                parameters.append(("scope", " ".join(error.missing)))
        case SeveralCredentials():
            status, parameters = 400, [("error", "invalid_request"), ("error_description", said)]
        case _:
            status, parameters = 503, None
            headers["Retry-After"] = str(Unavailable.retry_after)
    if parameters is not None:
        headers["WWW-Authenticate"] = _challenge([("realm", REALM), *parameters])
    document = {"code": error.code, "title": said, "help": f"{issuer}/help/{error.code}"}
    return Refusal(status, headers, json.dumps(document).encode())


def _challenge(parameters: list[tuple[str, str]]) -> str:
    return "Bearer " + ", ".join(f'{name}="{value}"' for name, value in parameters)
