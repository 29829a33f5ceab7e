"""Attacks 25 to 35 and 56 to 63: how the token is spelled, in base64url, in JSON and as a signature."""

import json
from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from safeconduct.base64url import decode
from safeconduct.errors import BadSignature, InvalidClaims, TokenMalformed

from tests.vectors.attack import Attack
from tests.vectors.forge import P256_ORDER, PRIVATE, as_json, b64, claims, compact, header, sign, token

ED25519_ORDER = 2**252 + 27742317777372353535851937790883648493

HEAD = b64(as_json(header()))
BODY = b64(as_json(claims()))
TEXT = f"{HEAD}.{BODY}"
SIGNATURE = sign(TEXT)
GOOD = f"{TEXT}.{b64(SIGNATURE)}"


def with_signature(signature: bytes) -> str:
    return f"{TEXT}.{b64(signature)}"


def respelled(segment: str) -> str:
    """The same bytes with the lowest unused bit of the last character set."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    assert len(segment) % 4
    return segment[:-1] + alphabet[alphabet.index(segment[-1]) | 1]


def with_unused_bits(octets: bytes) -> bytes:
    """JSON made longer by white space until its base64url has unused bits."""
    return octets if len(octets) % 3 else octets + b" "


def padded(segment: str) -> str:
    return segment + "=" * (-len(segment) % 4)


def with_dashes() -> str:
    """A good token whose signature and claims hold both - and _ in base64url."""
    body = b64(as_json(claims(pad="???>>>~~~")))
    while True:
        made = compact(HEAD, body)
        if {"-", "_"} <= set(made.split(".")[1]) and {"-", "_"} <= set(made.split(".")[2]):
            return made


def flipped_s() -> str:
    r, s = SIGNATURE[:32], int.from_bytes(SIGNATURE[32:])
    return with_signature(r + (P256_ORDER - s).to_bytes(32))


def eddsa_with_s_beyond_order() -> str:
    text, _, signature = token(key="EdDSA").rpartition(".")
    raw = decode(signature)
    s = int.from_bytes(raw[32:], "little") + ED25519_ORDER
    return f"{text}.{b64(raw[:32] + s.to_bytes(32, 'little'))}"


def rsa_resigned(key: str, change: Callable[[bytes], bytes]) -> str:
    text, _, signature = token(key=key).rpartition(".")
    return f"{text}.{b64(change(decode(signature)))}"


def segment(index: int, change: Callable[[str], str], made: str = GOOD) -> str:
    """A token with one segment respelled after it was signed."""
    segments = made.split(".")
    segments[index] = change(segments[index])
    return ".".join(segments)


def body(raw: bytes | str) -> str:
    return token(body=raw)


_LOOSE_HEAD = b64(with_unused_bits(as_json(header())))
_LOOSE_BODY = b64(with_unused_bits(as_json(claims())))
_DASHES = with_dashes()
_STANDARD = str.maketrans("-_", "+/")
_OBJECT = as_json(claims()).decode()

BASE64 = [
    Attack("25 = behind the signature", GOOD + "=", TokenMalformed),
    Attack("25 == behind the signature", GOOD + "==", TokenMalformed),
    Attack("26 padded header, signed so", compact(padded(_LOOSE_HEAD), BODY), TokenMalformed),
    Attack("26 padded claims, signed so", compact(HEAD, padded(_LOOSE_BODY)), TokenMalformed),
    Attack("27 leading blank", " " + GOOD, TokenMalformed),
    Attack("27 trailing newline", GOOD + "\n", TokenMalformed),
    Attack("27 trailing NUL", GOOD + "\0", TokenMalformed),
    *(
        Attack(
            f"27 {name} in segment {index}", segment(index, lambda s, c=c: s[:8] + c + s[8:]), TokenMalformed
        )
        for name, c in {"blank": " ", "newline": "\n", "tab": "\t", "CRLF": "\r\n"}.items()
        for index in range(3)
    ),
    Attack("27 newline in claims, signed so", compact(HEAD, BODY[:8] + "\n" + BODY[8:]), TokenMalformed),
    Attack("28 + and / in the claims", segment(1, lambda s: s.translate(_STANDARD), _DASHES), TokenMalformed),
    Attack(
        "28 + and / in the signature", segment(2, lambda s: s.translate(_STANDARD), _DASHES), TokenMalformed
    ),
    Attack(
        "28 + and / in the claims, signed so",
        compact(HEAD, _DASHES.split(".")[1].translate(_STANDARD)),
        TokenMalformed,
    ),
    Attack("28 taken: - and _", _DASHES, None),
    Attack("29 unused bits in the signature", segment(2, respelled), TokenMalformed),
    Attack("29 unused bits in the claims, signed so", compact(HEAD, respelled(_LOOSE_BODY)), TokenMalformed),
    Attack("29 unused bits in the header, signed so", compact(respelled(_LOOSE_HEAD), BODY), TokenMalformed),
    Attack("29 an impossible length", segment(2, lambda s: s + "AAA"), TokenMalformed),
    Attack("29 taken: unused bits that are zero", compact(_LOOSE_HEAD, _LOOSE_BODY), None),
]

SHAPES = [
    Attack("30 empty", "", TokenMalformed),
    Attack("30 one segment", HEAD, TokenMalformed),
    Attack("30 two segments", TEXT, TokenMalformed),
    Attack("30 four segments", GOOD + ".AA", TokenMalformed),
    Attack("30 five segments, a JWE", f"{HEAD}.{BODY}.{BODY}.{BODY}.AA", TokenMalformed),
    Attack("30 trailing dot", GOOD + ".", TokenMalformed),
    Attack("30 dots alone", "..", TokenMalformed),
    Attack("30 empty header", f".{BODY}.{b64(SIGNATURE)}", TokenMalformed),
    Attack("30 empty claims", compact(HEAD, ""), TokenMalformed),
    Attack(
        "30 JSON serialization",
        json.dumps({"payload": BODY, "protected": HEAD, "signature": b64(SIGNATURE)}),
        TokenMalformed,
    ),
    Attack("30 in braces", "{" + GOOD + "}", TokenMalformed),
    Attack("30 in quotes", f'"{GOOD}"', TokenMalformed),
    Attack("30 with its scheme", f"Bearer {GOOD}", TokenMalformed),
    Attack("30 two tokens with a comma", f"{GOOD},{GOOD}", TokenMalformed),
]

SIGNATURES = [
    Attack("31 stripped", TEXT + ".", TokenMalformed),
    Attack("31 truncated", with_signature(SIGNATURE[:-1]), BadSignature),
    Attack("31 half", with_signature(SIGNATURE[:32]), BadSignature),
    Attack("31 extended", with_signature(SIGNATURE + b"\0"), BadSignature),
    Attack("31 one bit changed", with_signature(bytes([SIGNATURE[0] ^ 1]) + SIGNATURE[1:]), BadSignature),
    Attack("31 all zero, psychic", with_signature(bytes(64)), BadSignature),
    Attack("31 r zero", with_signature(bytes(32) + SIGNATURE[32:]), BadSignature),
    Attack("31 s zero", with_signature(SIGNATURE[:32] + bytes(32)), BadSignature),
    Attack("31 r and s the order", with_signature(P256_ORDER.to_bytes(32) * 2), BadSignature),
    Attack("31 r and s one", with_signature((1).to_bytes(32) * 2), BadSignature),
    Attack("31 of another token", f"{TEXT}.{token(body=claims(sub='other')).split('.')[2]}", BadSignature),
    Attack("31 by a stranger's key", token(header(), key="stranger"), BadSignature),
    Attack("31 claims changed", segment(1, lambda _: b64(as_json(claims(sub="root")))), BadSignature),
    Attack("32 DER", with_signature(PRIVATE["ES256"].sign(TEXT.encode(), ec.ECDSA(SHA256()))), BadSignature),
    Attack("33 taken: (r, n - s), the same jti", flipped_s(), None),
    Attack("34 RSA, all zero", rsa_resigned("RS256", lambda s: bytes(len(s))), BadSignature),
    Attack("34 RSA, one", rsa_resigned("RS256", lambda s: (1).to_bytes(len(s))), BadSignature),
    Attack("34 RSA, a leading zero byte", rsa_resigned("RS256", lambda s: b"\0" + s), BadSignature),
    Attack("34 RSA, 3072 bits long", rsa_resigned("RS256", lambda s: bytes(128) + s), BadSignature),
    Attack("34 RSA, cut", rsa_resigned("RS256", lambda s: s[1:]), BadSignature),
    Attack("34 PSS, all zero", rsa_resigned("PS256", lambda s: bytes(len(s))), BadSignature),
    Attack("35 EdDSA, S + L", eddsa_with_s_beyond_order(), BadSignature),
    Attack("35 EdDSA, all zero", rsa_resigned("EdDSA", lambda s: bytes(len(s))), BadSignature),
    Attack(
        "35 EdDSA, R the neutral point",
        rsa_resigned("EdDSA", lambda s: b"\1" + bytes(31) + s[32:]),
        BadSignature,
    ),
]

_LEVELS = '{"a":' * 7 + "1" + "}" * 7  # the claims object itself is one level more

JSON = [
    Attack("56 claims an array", body("[1]"), TokenMalformed),
    Attack("56 claims a number", body("1"), TokenMalformed),
    Attack("56 claims a string", body('"sub"'), TokenMalformed),
    Attack("56 claims null", body("null"), TokenMalformed),
    Attack("56 claims white space", body(" "), TokenMalformed),
    Attack("56 claims an empty object", body("{}"), InvalidClaims),
    Attack("57 claims in UTF-16", body(_OBJECT.encode("utf-16")), TokenMalformed),
    Attack("57 claims in UTF-16LE", body(_OBJECT.encode("utf-16-le")), TokenMalformed),
    Attack("57 claims in UTF-32BE", body(_OBJECT.encode("utf-32-be")), TokenMalformed),
    Attack("58 byte order mark before the claims", body(_OBJECT.encode("utf-8-sig")), TokenMalformed),
    Attack(
        "58 byte order mark before the header",
        token(json.dumps(header()).encode("utf-8-sig")),
        TokenMalformed,
    ),
    Attack("59 unpaired surrogate in a claim", body(claims(sub="\ud800")), TokenMalformed),
    Attack("59 unpaired surrogate in a member name", body(claims(**{"\udfff": 1})), TokenMalformed),
    Attack("59 pair the wrong way round", body(claims(x="\udc00\ud800")), TokenMalformed),
    Attack(
        "59 surrogate in raw bytes", body(_OBJECT.encode().replace(b"5d0f", b"\xed\xa0\x80")), TokenMalformed
    ),
    Attack("59 taken: a proper pair", body(claims(sub="\U0001f6c2")), None),
    Attack("60 invalid UTF-8", body(_OBJECT.encode().replace(b"5d0f", b"\xff")), TokenMalformed),
    Attack("60 overlong UTF-8", body(_OBJECT.encode().replace(b"5d0f", b"\xc0\xaf")), TokenMalformed),
    Attack("60 bytes behind the object", body(_OBJECT + "x"), TokenMalformed),
    Attack("60 NUL behind the object", body(_OBJECT + "\0"), TokenMalformed),
    Attack("60 another object behind the object", body(_OBJECT + _OBJECT), TokenMalformed),
    Attack("60 control character in a string", body(_OBJECT.replace("5d0f", "\x01")), TokenMalformed),
    Attack("60 comment", body(_OBJECT[:-1] + "/**/}"), TokenMalformed),
    Attack("60 trailing comma", body(_OBJECT[:-1] + ",}"), TokenMalformed),
    Attack("60 single quotes", body(_OBJECT.replace('"', "'")), TokenMalformed),
    Attack("60 taken: white space around the object", body(f"\r\n\t {_OBJECT} \n"), None),
    Attack("61 depth 100,000", body("[" * 100_000 + "]" * 100_000), TokenMalformed),
    Attack("61 depth 500", body(_OBJECT[:-1] + ',"a":' + "[" * 500 + "]" * 500 + "}"), TokenMalformed),
    Attack("61 depth 2,900, never closed", body("[" * 2_900), TokenMalformed),
    Attack("61 depth 9", body(_OBJECT[:-1] + f',"a":[{_LEVELS}]}}'), TokenMalformed),
    Attack("61 taken: depth 8", body(_OBJECT[:-1] + f',"a":{_LEVELS}}}'), None),
    Attack("61 taken: many brackets side by side", body(claims(x=[[]] * 50, y="{[" * 20 + '"\\')), None),
    Attack("62 10 MB", "A" * 10_000_000, TokenMalformed),
    Attack("62 8,193 characters", GOOD + "A" * (8193 - len(GOOD)), TokenMalformed),
    Attack("62 header of 1 MB", b64("x" * 1_000_000) + f".{BODY}.AA", TokenMalformed),
    Attack("62 header of 1,028 characters", token(as_json(header()).ljust(771)), TokenMalformed),
    Attack("62 taken: header of 1,024 characters", token(as_json(header()).ljust(768)), None),
    Attack("62 signature of 1,367 characters", f"{TEXT}.{'A' * 1367}", TokenMalformed),
    Attack("62 100,000 dots", "." * 100_000, TokenMalformed),
    Attack("62 8,000 dots", "." * 8_000, TokenMalformed),
    Attack("63 0xFF as the server's framework hands it on", GOOD[:50] + "\udcff" + GOOD[50:], TokenMalformed),
    Attack("63 NUL inside", GOOD[:50] + "\0" + GOOD[50:], TokenMalformed),
    Attack("63 a letter that is not ASCII", GOOD.replace("A", "\u0410"), TokenMalformed),
    Attack("63 a digit that is not ASCII", GOOD[:-1] + "\u0661", TokenMalformed),
]

ROWS = [*BASE64, *SHAPES, *SIGNATURES, *JSON]
