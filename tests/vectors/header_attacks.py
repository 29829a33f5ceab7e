"""Attacks 1 to 23: what the header says. All but the ones about signatures are really signed."""

import base64
import hashlib
import hmac
import json
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from safeconduct.errors import (
    BadSignature,
    TokenMalformed,
    UnknownKey,
    WrongAlgorithm,
    WrongKeyPurpose,
    WrongType,
)

from tests.vectors.attack import Attack
from tests.vectors.forge import (
    KIDS,
    PRIVATE,
    as_json,
    b64,
    claims,
    compact,
    header,
    public_jwk,
    token,
    without,
)


def with_header(**members: Any) -> str:
    return token(header(**members))


def unsigned(alg: str) -> str:
    return f"{b64(as_json(header(alg=alg)))}.{b64(as_json(claims()))}."


def hmac_signed(key: str, secret: bytes) -> str:
    text = f"{b64(as_json(header(key, alg='HS256')))}.{b64(as_json(claims()))}"
    return f"{text}.{b64(hmac.digest(secret, text.encode(), hashlib.sha256))}"


def public_as_secret(key: str, encoding: Encoding) -> bytes:
    return PRIVATE[key].public_key().public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo)


STRANGER = public_jwk("stranger")
CERTIFICATE = base64.b64encode(public_as_secret("stranger", Encoding.DER)).decode()
HOSTILE_KIDS = {
    "path traversal": "../../../dev/null",
    "absolute path": "/etc/passwd",
    "SQL": "x' UNION SELECT 'key' --",
    "shell": "$(id)",
    "backtick": "`id`",
    "NUL": "ES256-key\0",
    "newline": "ES256-key\n",
    "CRLF": "ES256-key\r\nX-Forged: 1",
    "LDAP": "*)(uid=*",
    "lookup": "${jndi:ldap://x}",
    "not ASCII": "ES256-k\u0435y",
    "empty": "",
    "65 characters": "k" * 65,
}

ALGORITHMS = [
    Attack("01 alg none, empty signature", unsigned("none"), TokenMalformed),
    Attack("01 alg none, some signature", with_header(alg="none"), WrongAlgorithm),
    Attack("02 alg None", with_header(alg="None"), WrongAlgorithm),
    Attack("02 alg nOnE", with_header(alg="nOnE"), WrongAlgorithm),
    Attack("02 alg NONE, empty signature", unsigned("NONE"), TokenMalformed),
    Attack("02 alg NONE", with_header(alg="NONE"), WrongAlgorithm),
    Attack("03 alg in lower case", with_header(alg="es256"), WrongAlgorithm),
    Attack("03 alg with a blank", with_header(alg="ES256 "), WrongAlgorithm),
    Attack("04 alg a list", with_header(alg=["ES256"]), TokenMalformed),
    Attack("04 alg a number", with_header(alg=256), TokenMalformed),
    Attack("04 alg null", with_header(alg=None), TokenMalformed),
    Attack("04 alg missing", token(without(header(), "alg")), TokenMalformed),
    *(
        Attack(f"05 {key} public key as HMAC secret, {name}", hmac_signed(key, secret), WrongAlgorithm)
        for key in ("ES256", "RS256")
        for name, encoding in {"PEM": Encoding.PEM, "DER": Encoding.DER}.items()
        for secret in [public_as_secret(key, encoding)]
    ),
    Attack(
        "05 public JWK as HMAC secret",
        hmac_signed("ES256", json.dumps(public_jwk("ES256")).encode()),
        WrongAlgorithm,
    ),
    Attack("05 empty HMAC secret", hmac_signed("ES256", b"\0"), WrongAlgorithm),
    Attack(
        "06 RS256 under an ES256 kid", token(header("RS256", kid=KIDS["ES256"]), key="RS256"), WrongAlgorithm
    ),
    Attack(
        "06 PS256 under an RS256 kid", token(header("PS256", kid=KIDS["RS256"]), key="PS256"), WrongAlgorithm
    ),
    Attack("06 RS256 under a PS256 kid", token(header("PS256", alg="RS256"), key="PS256"), WrongAlgorithm),
    Attack(
        "06 EdDSA under an ES256 kid", token(header("EdDSA", kid=KIDS["ES256"]), key="EdDSA"), WrongAlgorithm
    ),
    Attack("06 ES384 on a P-256 key", with_header(alg="ES384"), WrongAlgorithm),
    Attack("06 RS256 with an ES256 signature", with_header(alg="RS256"), BadSignature),
    Attack("06 Ed25519, the other name", token(header("EdDSA", alg="Ed25519"), key="EdDSA"), WrongAlgorithm),
]

KEY_REFERENCES = [
    Attack(
        "07 jwk of the attacker, signed by it", token(header(jwk=STRANGER), key="stranger"), TokenMalformed
    ),
    Attack("07 jwk beside a good signature", with_header(jwk=public_jwk("ES256")), TokenMalformed),
    Attack("08 jku", token(header(jku="https://evil.example/jwks"), key="stranger"), TokenMalformed),
    Attack("08 jku to link-local metadata", with_header(jku="http://169.254.169.254/latest"), TokenMalformed),
    Attack("08 x5u", with_header(x5u="https://evil.example/cert.pem"), TokenMalformed),
    Attack("09 x5c", with_header(x5c=[CERTIFICATE]), TokenMalformed),
    Attack("09 x5t", with_header(x5t="aGFzaA"), TokenMalformed),
    *(Attack(f"10 kid {name}", with_header(kid=kid), TokenMalformed) for name, kid in HOSTILE_KIDS.items()),
    Attack("10 kid unknown", with_header(kid="nobody"), UnknownKey),
    Attack("10 kid in another case", with_header(kid=KIDS["ES256"].upper()), UnknownKey),
    Attack("11 kid missing", token(without(header(), "kid")), TokenMalformed),
    Attack("12 kid a number", with_header(kid=1), TokenMalformed),
    Attack("12 kid null", with_header(kid=None), TokenMalformed),
    Attack("12 kid a list", with_header(kid=[KIDS["ES256"]]), TokenMalformed),
    Attack("13 kid of 64 kB", with_header(kid="k" * 65_536), TokenMalformed),
    Attack("13 kid of 1 kB", with_header(kid="k" * 1024), TokenMalformed),
    Attack("14 kid of a key that left the set", token(header("stranger"), key="stranger"), UnknownKey),
    Attack("14 kid of the status list key", token(header("status"), key="status"), WrongKeyPurpose),
    Attack("14 kid of another key of the set", with_header(kid=KIDS["status"]), WrongKeyPurpose),
]

EXTENSIONS = [
    Attack("16 crit with an unknown name", with_header(crit=["urn:x"], **{"urn:x": 1}), TokenMalformed),
    Attack("17 crit empty", with_header(crit=[]), TokenMalformed),
    Attack("17 crit not a list", with_header(crit="exp"), TokenMalformed),
    Attack("17 crit null", with_header(crit=None), TokenMalformed),
    Attack("17 crit names a standard header", with_header(crit=["alg"]), TokenMalformed),
    Attack("17 crit names an absent header", with_header(crit=["absent"]), TokenMalformed),
    Attack("18 b64 false", with_header(b64=False), TokenMalformed),
    Attack("18 b64 false with crit", with_header(b64=False, crit=["b64"]), TokenMalformed),
    Attack("18 b64 true with crit", with_header(b64=True, crit=["b64"]), TokenMalformed),
    Attack("19 zip", with_header(zip="DEF"), TokenMalformed),
    Attack("20 cty JWT", with_header(cty="JWT"), TokenMalformed),
    Attack("20 nested JWT", token(header(cty="JWT"), token()), TokenMalformed),
    Attack("20 nested JWT without cty", token(header(), token()), TokenMalformed),
    Attack("20 any other member", with_header(x="y"), TokenMalformed),
]

_NESTED_NAMES = '{"alg":"ES256","typ":"at+jwt","kid":"ES256-key"'

TYPES = [
    Attack("21 typ missing", token(without(header(), "typ")), WrongType),
    Attack("21 typ null", with_header(typ=None), WrongType),
    Attack("21 typ JWT, an ID token", with_header(typ="JWT"), WrongType),
    Attack("21 typ statuslist+jwt", with_header(typ="statuslist+jwt"), WrongType),
    Attack("21 typ with a blank", with_header(typ="at+jwt "), WrongType),
    Attack("21 typ text/at+jwt", with_header(typ="text/at+jwt"), WrongType),
    Attack("21 typ logout+jwt", with_header(typ="logout+jwt"), WrongType),
    Attack("21 typ a list", with_header(typ=["at+jwt"]), WrongType),
    Attack("21 taken: application/at+jwt", with_header(typ="application/at+jwt"), None),
    Attack("21 taken: typ without case", with_header(typ="AT+JWT"), None),
    Attack("21 taken: long typ without case", with_header(typ="Application/At+Jwt"), None),
    Attack("22 introspection JWT", with_header(typ="token-introspection+jwt"), WrongType),
    Attack(
        "22 status list token",
        token(
            header("status", typ="statuslist+jwt"),
            claims(status_list={"bits": 1, "lst": "eNrbuRgAAhcBXQ"}),
            "status",
        ),
        WrongType,
    ),
    Attack("23 alg twice", token(_NESTED_NAMES + ',"alg":"none"}'), TokenMalformed),
    Attack("23 alg twice, the same", token(_NESTED_NAMES + ',"alg":"ES256"}'), TokenMalformed),
    Attack("23 kid twice", token(_NESTED_NAMES + ',"kid":"status-key"}'), TokenMalformed),
    Attack("23 kid twice, once escaped", token(_NESTED_NAMES + ',"\\u006bid":"status-key"}'), TokenMalformed),
    Attack("23 taken: white space in the header", token(_NESTED_NAMES.replace(",", " ,\r\n ") + " }"), None),
]

ROWS = [
    Attack("00 taken: a good ES256 token", token(), None),
    Attack("00 taken: a good RS256 token", token(key="RS256"), None),
    Attack("00 taken: a good PS256 token", token(key="PS256"), None),
    Attack("00 taken: a good EdDSA token", token(key="EdDSA"), None),
    *ALGORITHMS,
    *KEY_REFERENCES,
    *EXTENSIONS,
    *TYPES,
    Attack("23 header not an object", compact(b64('["alg"]'), b64(as_json(claims()))), TokenMalformed),
    Attack("23 header empty", compact(b64("{}"), b64(as_json(claims()))), TokenMalformed),
]
