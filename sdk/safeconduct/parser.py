"""The strict reading of a compact JWS (RFC 7515 section 7.1), before any key is looked at.

`jwt.decode` takes repeated members, padding, unknown headers and more; nothing of that passes here.
"""

import re
from functools import lru_cache
from typing import Any, Final, NamedTuple

from safeconduct.base64url import decode
from safeconduct.errors import TokenMalformed, WrongType
from safeconduct.strict_json import read_object

TOKEN_LIMIT: Final = 8192
"""Characters of the longest token that is read at all."""
STATUS_LIST_TOKEN_LIMIT: Final = 4 * 1024 * 1024
"""Characters of the longest status list token that is read at all."""

_HEADER_LIMIT = 1024
_SIGNATURE_LIMIT = 1366  # 8,192 bits, the longest RSA signature
_KID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_HEADER_MEMBERS = frozenset({"alg", "typ", "kid"})


class _Header(NamedTuple):
    alg: str
    typ: str
    kid: str


class ParsedToken(NamedTuple):
    """A well-formed token of which nothing is believed yet. `claims` is the raw JSON object."""

    alg: str
    typ: str
    kid: str
    claims: dict[str, Any]
    signing_input: bytes
    signature: bytes


def parse(token: str, *, max_length: int = TOKEN_LIMIT) -> ParsedToken:
    """Read `token`, of at most `max_length` characters, in its one strict form.

    Raises:
        TokenMalformed: any deviation from that form.
        WrongType: the header has no `typ`.
    """
    if len(token) > max_length:
        raise TokenMalformed("too long")
    segments = token.split(".", 3)
    if len(segments) != 3:
        raise TokenMalformed("not three segments")
    header, payload, signature = segments
    if not (header and payload and signature):
        raise TokenMalformed("an empty segment")
    if len(header) > _HEADER_LIMIT or len(signature) > _SIGNATURE_LIMIT:
        raise TokenMalformed("a segment is too long")
    try:
        alg, typ, kid = _read_header(header)
        return ParsedToken(
            alg,
            typ,
            kid,
            read_object(decode(payload)),
            token[: -1 - len(signature)].encode("ascii"),
            decode(signature),
        )
    except ValueError:
        # The cause is cut off: it quotes the token.
        raise TokenMalformed("not strict base64url, UTF-8 and JSON") from None


@lru_cache(maxsize=256)  # an issuer has as many headers as keys
def _read_header(segment: str) -> _Header:
    header = read_object(decode(segment))
    if not header.keys() <= _HEADER_MEMBERS:
        raise TokenMalformed("a header member other than alg, typ and kid")
    alg, typ, kid = header.get("alg"), header.get("typ"), header.get("kid")
    if not isinstance(alg, str) or not isinstance(kid, str) or _KID.fullmatch(kid) is None:
        raise TokenMalformed("alg or kid is missing or malformed")
    if not isinstance(typ, str):
        raise WrongType("typ is missing or not a string")
    return _Header(alg, typ, kid)
