"""Attacks 65 to 67: status list tokens, really signed, each with its one right answer."""

import gzip
import zlib
from typing import Any, NamedTuple

from safeconduct.errors import InvalidStatusList, SafeconductError, StatusListExpired, UnknownStatusListKey

from tests.vectors.forge import ISSUER, LIST_URI, NOW, b64, claims, header, token, without

PACKED = bytes([0x55]) + bytes(32_766) + bytes([0x55])
STREAM = zlib.compress(PACKED, 9)


class ListAttack(NamedTuple):
    """`error` is the right answer; None where the list must be taken."""

    id: str
    token: str
    error: type[SafeconductError] | None


def list_header(**members: Any) -> dict[str, Any]:
    return header("status", typ="statuslist+jwt") | members


def list_claims(**members: Any) -> dict[str, Any]:
    return {
        "iss": ISSUER,
        "sub": LIST_URI,
        "iat": NOW,
        "exp": NOW + 900,
        "ttl": 60,
        "epoch": 1,
        "version": 12,
        "keyset_version": 7,
        "status_list": {"bits": 2, "lst": b64(STREAM)},
    } | members


def signed(body: Any = None, head: Any = None, key: str = "status") -> str:
    return token(list_header() if head is None else head, list_claims() if body is None else body, key)


def with_claims(
    name: str, error: type[SafeconductError] | None = InvalidStatusList, **members: Any
) -> ListAttack:
    return ListAttack(name, signed(list_claims(**members)), error)


def with_list(
    name: str, error: type[SafeconductError] | None = InvalidStatusList, **members: Any
) -> ListAttack:
    return with_claims(name, error, status_list=list_claims()["status_list"] | members)


def without_claim(
    name: str, claim: str, error: type[SafeconductError] | None = InvalidStatusList
) -> ListAttack:
    return ListAttack(name, signed(without(list_claims(), claim)), error)


def bomb(size: int) -> str:
    """`size` zero bytes as a ZLIB stream in base64url."""
    stream = zlib.compressobj(9)
    step = bytes(1024 * 1024)
    parts = [stream.compress(step) for _ in range(size // len(step))]
    return b64(b"".join([*parts, stream.flush()]))


def raw_deflate(raw: bytes) -> bytes:
    stream = zlib.compressobj(9, wbits=-15)
    return stream.compress(raw) + stream.flush()


def with_dictionary(raw: bytes) -> bytes:
    stream = zlib.compressobj(9, zdict=b"\x55")
    return stream.compress(raw) + stream.flush()


CONTENT = [
    with_list("65 bomb of 64 MiB", lst=bomb(64 * 1024 * 1024)),
    with_list("65 a byte more than the bound", lst=b64(zlib.compress(bytes(16 * 1024 * 1024 + 1)))),
    with_list("65 taken: at the bound", None, lst=b64(zlib.compress(bytes(16 * 1024 * 1024)))),
    with_list("65 bits 3", bits=3),
    with_list("65 bits 0", bits=0),
    with_list("65 bits 16", bits=16),
    with_list("65 bits true", bits=True),
    with_list("65 bits a string", bits="2"),
    with_list("65 bits a float", bits=2.0),
    with_list("65 bits null", bits=None),
    with_claims("65 bits missing", status_list={"lst": b64(STREAM)}),
    with_claims("65 lst missing", status_list={"bits": 2}),
    with_list("65 lst null", lst=None),
    with_list("65 lst a list", lst=[1]),
    with_list("65 lst empty", lst=""),
    with_list("65 lst with padding", lst=b64(zlib.compress(b"\x55" * 9)) + "="),
    with_list("65 lst in standard base64", lst="eNo76fITAAPfAgc".replace("f", "/")),
    with_list("65 lst with a line break", lst=b64(STREAM)[:8] + "\n" + b64(STREAM)[8:]),
    with_list("65 gzip", lst=b64(gzip.compress(PACKED))),
    with_list("65 raw deflate", lst=b64(raw_deflate(PACKED))),
    with_list("65 not compressed", lst=b64(PACKED)),
    with_list("65 garbage behind the stream", lst=b64(STREAM + b"x")),
    with_list("65 a second stream behind the stream", lst=b64(STREAM + STREAM)),
    with_list("65 stream cut", lst=b64(STREAM[:-1])),
    with_list("65 stream without its checksum", lst=b64(STREAM[:-4])),
    with_list("65 stream with a wrong checksum", lst=b64(STREAM[:-1] + bytes([STREAM[-1] ^ 1]))),
    with_list("65 stream with a preset dictionary", lst=b64(with_dictionary(PACKED))),
    with_list("65 an empty list", lst=b64(zlib.compress(b""))),
    with_claims("65 status_list a string", status_list="eNrbuRgAAhcBXQ"),
    with_claims("65 status_list null", status_list=None),
    without_claim("65 status_list missing", "status_list"),
    with_list(
        "65 taken: aggregation_uri and other members", None, aggregation_uri=f"{ISSUER}/status-lists", x=1
    ),
    *(with_list(f"65 taken: {bits} bits", None, bits=bits) for bits in (1, 2, 4, 8)),
]

TOKEN = [
    with_claims("66 sub of another list", sub=LIST_URI + "1"),
    with_claims("66 sub with a trailing slash", sub=LIST_URI + "/"),
    with_claims("66 sub in another case", sub=LIST_URI.upper()),
    with_claims("66 sub a list", sub=[LIST_URI]),
    without_claim("66 sub missing", "sub"),
    with_claims("66 iss of another", iss=ISSUER + "/"),
    with_claims("66 iss a list", iss=[ISSUER]),
    with_claims("66 iss null", iss=None),
    without_claim("66 taken: iss missing, the draft does not ask for it", "iss", None),
    with_claims("66 expired", StatusListExpired, iat=NOW - 900, exp=NOW),
    with_claims("66 taken: in its last second", None, iat=NOW - 899, exp=NOW + 1),
    without_claim("66 exp missing", "exp"),
    with_claims("66 exp a string", exp=str(NOW + 900)),
    with_claims("66 exp a float", exp=NOW + 900.0),
    with_claims("66 exp true", exp=True),
    without_claim("66 iat missing", "iat"),
    with_claims("66 iat null", iat=None),
    with_claims("66 iat in the future", iat=NOW + 31),
    with_claims("66 taken: iat at the leeway", None, iat=NOW + 30),
    with_claims("66 lives more than an hour", exp=NOW + 3601),
    with_claims("66 taken: lives an hour", None, exp=NOW + 3600),
    with_claims("66 ttl zero", ttl=0),
    with_claims("66 ttl negative", ttl=-1),
    with_claims("66 ttl of a day", ttl=86_400),
    with_claims("66 ttl true", ttl=True),
    with_claims("66 ttl a float", ttl=60.0),
    with_claims("66 ttl a string", ttl="60"),
    without_claim("66 taken: ttl missing", "ttl", None),
    with_claims("66 version negative", version=-1),
    with_claims("66 epoch a string", epoch="1"),
    with_claims("66 keyset_version null", keyset_version=None),
    ListAttack("66 typ missing", signed(head=without(list_header(), "typ")), InvalidStatusList),
    ListAttack("66 typ at+jwt", signed(head=list_header(typ="at+jwt")), InvalidStatusList),
    ListAttack("66 typ JWT", signed(head=list_header(typ="JWT")), InvalidStatusList),
    ListAttack(
        "66 taken: long typ without case", signed(head=list_header(typ="application/StatusList+JWT")), None
    ),
    ListAttack(
        "66 signed by the access token key",
        signed(head=header(typ="statuslist+jwt"), key="ES256"),
        InvalidStatusList,
    ),
    ListAttack("66 signed by a stranger under the right kid", signed(key="stranger"), InvalidStatusList),
    ListAttack(
        "66 signed by a key that left the set",
        signed(head=header("stranger", typ="statuslist+jwt"), key="stranger"),
        UnknownStatusListKey,
    ),
    ListAttack("66 an access token", token(body=claims()), InvalidStatusList),
    ListAttack("66 alg none", signed(head=list_header(alg="none")), InvalidStatusList),
    ListAttack("66 header with jwk", signed(head=list_header(jwk={})), InvalidStatusList),
    ListAttack("66 sub twice", signed(b'{"sub":"' + LIST_URI.encode() + b'","sub":"x"}'), InvalidStatusList),
    ListAttack("66 empty", "", InvalidStatusList),
    ListAttack("66 an HTML page", "<!doctype html><p>captive portal", InvalidStatusList),
    ListAttack("66 5 MB", "A" * 5_000_000, InvalidStatusList),
    ListAttack(
        "67 replayed after it expired", signed(list_claims(iat=NOW - 1000, exp=NOW - 100)), StatusListExpired
    ),
]

ROWS = [*CONTENT, *TOKEN]
