"""Attacks 24, 37 to 55 and 64: what the claims say. All are really signed by the issuer's key."""

from dataclasses import replace
from typing import Any

from safeconduct.errors import (
    InvalidClaims,
    InvalidToken,
    LifetimeTooLong,
    StatusMissing,
    TokenExpired,
    TokenMalformed,
    TokenNotYetValid,
    WrongAudience,
    WrongIssuer,
)

from tests.vectors.attack import Attack
from tests.vectors.forge import AUDIENCE, ISSUER, LIST_URI, NOW, POLICY, YEAR, as_json, claims, token, without

_OBJECT = as_json(claims()).decode()
_ONE_YEAR = replace(POLICY, max_lifetime=YEAR)


def row(
    name: str, error: type[InvalidToken] | None = InvalidClaims, policy: Any = POLICY, **members: Any
) -> Attack:
    return Attack(name, token(body=claims(**members)), error, policy)


def literal(name: str, member: str, text: str, error: type[InvalidToken] | None = InvalidClaims) -> Attack:
    """A claim written as this JSON text."""
    body = as_json(without(claims(), member)).decode()
    return Attack(name, token(body=f'{body[:-1]},"{member}":{text}}}'), error)


def missing(number: str, claim: str) -> Attack:
    return Attack(f"{number} {claim} missing", token(body=without(claims(), claim)), InvalidClaims)


def status(name: str, reference: Any) -> Attack:
    return row(name, status={"status_list": reference})


REPEATED = [
    Attack(f"24 {claim} twice", token(body=f'{_OBJECT[:-1]},"{claim}":{value}}}'), TokenMalformed)
    for claim, value in {
        "sub": '"root"',
        "exp": str(NOW + 9 * YEAR),
        "aud": f'"{AUDIENCE}"',
        "scope": '"company:manage"',
        "\\u0073ub": '"root"',
    }.items()
] + [
    Attack("24 idx twice", token(body=_OBJECT.replace('"idx":4711', '"idx":1,"idx":4711')), TokenMalformed),
    Attack(
        "24 member of an unknown claim twice",
        token(body=_OBJECT[:-1] + ',"x":[{"a":1,"a":2}]}'),
        TokenMalformed,
    ),
]

TIMES = [
    missing("37", "exp"),
    row("38 exp now", TokenExpired, exp=NOW, iat=NOW - 60),
    row("38 exp a second ago", TokenExpired, exp=NOW - 1, iat=NOW - 60),
    row("38 exp zero", TokenExpired, exp=0, iat=0),
    row("38 taken: exp in a second", None, exp=NOW + 1, iat=NOW - 60),
    literal("39 exp NaN", "exp", "NaN", TokenMalformed),
    literal("39 exp Infinity", "exp", "Infinity", TokenMalformed),
    literal("39 exp -Infinity", "exp", "-Infinity", TokenMalformed),
    literal("39 NaN in an unknown claim", "x", "NaN", TokenMalformed),
    literal("39 exp 1e400", "exp", "1e400"),
    literal("40 exp 1e300", "exp", "1e300"),
    literal("40 exp of 301 digits", "exp", "1" + "0" * 300),
    row("40 exp 2^53", exp=2**53),
    row("40 taken: exp 2^53 - 1", None, exp=2**53 - 1),
    row("40 exp beyond the policy", LifetimeTooLong, _ONE_YEAR, exp=NOW + YEAR + 1),
    row("40 taken: exp at the policy's bound", None, _ONE_YEAR, exp=NOW + YEAR),
    literal("41 exp of 4,400 digits", "exp", "9" * 4_400, TokenMalformed),
    literal("41 unknown claim of 4,400 digits", "x", "9" * 4_400, TokenMalformed),
    literal("42 exp a float", "exp", f"{NOW + YEAR}.5"),
    literal("42 exp a whole float", "exp", f"{NOW + YEAR}.0"),
    literal("42 exp 9E9", "exp", "9E9"),
    literal("42 iat a float", "iat", f"{NOW}.0"),
    literal("42 nbf a float", "nbf", f"{NOW}.0"),
    literal("42 taken: a float in an unknown claim", "x", "0.5", None),
    row("43 exp a string", exp=str(NOW + YEAR)),
    row("44 exp true", exp=True),
    row("44 exp null", exp=None),
    row("44 exp a list", exp=[NOW + YEAR]),
    row("44 exp an object", exp={}),
    row("44 iat true", iat=True),
    missing("44", "iat"),
    row("44 iat a string", iat=str(NOW)),
    row("45 nbf negative", nbf=-1),
    row("45 exp negative", exp=-1),
    row("45 iat negative", iat=-1),
    row("46 nbf a string", nbf=str(NOW)),
    row("46 nbf null", nbf=None),
    row("46 nbf false", nbf=False),
    row("47 nbf beyond the leeway", TokenNotYetValid, nbf=NOW + 31),
    row("47 iat beyond the leeway", TokenNotYetValid, iat=NOW + 31),
    row("47 taken: nbf at the leeway", None, nbf=NOW + 30),
    row("47 taken: iat at the leeway", None, iat=NOW + 30),
    row(
        "48 iat further back than the greatest lifetime",
        LifetimeTooLong,
        _ONE_YEAR,
        iat=NOW - YEAR,
        exp=NOW + 60,
    ),
    row("48 taken: iat long ago without a bound", None, iat=0),
]

AUDIENCES = [
    missing("49", "aud"),
    row("49 aud a number", aud=1),
    row("49 aud an object", aud={AUDIENCE: 1}),
    row("49 aud nested", aud=[[AUDIENCE]]),
    row("49 aud mixed", aud=[AUDIENCE, 1]),
    row("49 aud an empty list", aud=[]),
    row("49 aud null", aud=None),
    row("49 aud empty", aud=""),
    row("49 aud with an empty entry", aud=[AUDIENCE, ""]),
    row("49 taken: aud a list", None, aud=["https://other.example", AUDIENCE]),
    row("50 aud a prefix", WrongAudience, aud=AUDIENCE[:-1]),
    row("50 aud a longer one", WrongAudience, aud=AUDIENCE + "/v1"),
    row("50 aud in another case", WrongAudience, aud=AUDIENCE.upper()),
    row("50 aud with a trailing slash", WrongAudience, aud=AUDIENCE + "/"),
    row("50 aud with blanks", WrongAudience, aud=f" {AUDIENCE} "),
    row("50 aud of another", WrongAudience, aud=["https://other.example"]),
    row("50 aud of 17", aud=[AUDIENCE] * 17),
    row("50 taken: aud of 16", None, aud=[*map(str, range(15)), AUDIENCE]),
    row("50 aud of 10,000", TokenMalformed, aud=[AUDIENCE] * 10_000),
]

NAMES = [
    missing("51", "iss"),
    row("51 iss a list", iss=[ISSUER]),
    row("51 iss null", iss=None),
    row("51 iss with a trailing slash", WrongIssuer, iss=ISSUER + "/"),
    row("51 iss in another case", WrongIssuer, iss=ISSUER.replace("safe", "Safe")),
    row("51 iss with a user", WrongIssuer, iss=ISSUER.replace("//", "//x@")),
    row("51 iss with its port", WrongIssuer, iss=ISSUER + ":443"),
    row("51 iss with http", WrongIssuer, iss=ISSUER.replace("https", "http")),
    row("51 iss that contains ours", WrongIssuer, iss=ISSUER + ".evil.example"),
    row("51 iss a part of ours", WrongIssuer, iss=ISSUER[:-3]),
    missing("52", "sub"),
    row("52 sub a number", sub=1),
    row("52 sub true", sub=True),
    row("52 sub empty", sub=""),
    row("52 sub of 10 kB", TokenMalformed, sub="s" * 10_000),
    row("52 sub of 256", sub="s" * 256),
    row("52 taken: sub of 255", None, sub="\u00fc" * 255),
    row("52 sub with NUL", sub="root\0"),
    row("52 sub with a line break", sub="ann\r\nroot"),
    row("52 sub with DEL", sub="ann\x7f"),
    row("52 sub with a C1 control", sub="ann\x9b2J"),
    row("52 sub with ANSI colours", sub="\x1b[31mann"),
    row("52 sub written backwards", sub="\u202etoor"),
    row("52 sub with an isolate", sub="\u2066ann\u2069"),
    row("52 sub with a line separator", sub="ann\u2028"),
    row("52 taken: a look-alike is its own subject", None, sub="r\u043e\u043et"),
    missing("53", "jti"),
    row("53 jti a number", jti=7),
    row("53 jti empty", jti=""),
    row("53 jti of another issuer", WrongIssuer, iss="https://other.example"),
    row("53 jti of 256", jti="j" * 256),
    missing("53", "client_id"),
    row("53 client_id empty", client_id=""),
    row("53 client_id a list", client_id=["personal-access-tokens"]),
]

SCOPES = [
    row("54 scope not ASCII", scope="automation \u00fcbung"),
    row("54 scope with a quote", scope='auto"mation'),
    row("54 scope with a backslash", scope="auto\\mation"),
    row("54 scope with a tab", scope="automation\tcompany"),
    row("54 scope with two blanks", scope="automation  company"),
    row("54 scope with a leading blank", scope=" automation"),
    row("54 scope with a trailing blank", scope="automation "),
    row("54 scope with a line break", scope="automation\n"),
    row("54 scope with DEL", scope="auto\x7f"),
    row("54 scope empty", scope=""),
    row("54 scope of 64 kB", TokenMalformed, scope="s " * 32_768),
    row("54 scope a list", scope=["automation"]),
    row("54 scope null", scope=None),
    row("54 scope repeats a name", scope="automation company automation"),
    row("54 taken: every legal character", None, scope="!#$%&'()*+,-./09:;<=>?@AZ[ ]^_`az{|}~"),
    Attack("54 taken: no scope", token(body=without(claims(), "scope")), None),
    row("55 scope with a no-break space", scope="repo:read\u00a0admin"),
    row("55 scope with an ideographic space", scope="repo:read\u3000admin"),
    row("55 taken: another case is another scope", None, scope="Automation automation"),
]

STATUSES = [
    row("64 status null", status=None),
    row("64 status a string", status=LIST_URI),
    status("64 status_list a list", [4711, LIST_URI]),
    status("64 idx missing", {"uri": LIST_URI}),
    status("64 idx negative", {"idx": -1, "uri": LIST_URI}),
    status("64 idx a float", {"idx": 1.0, "uri": LIST_URI}),
    status("64 idx a string", {"idx": "1", "uri": LIST_URI}),
    status("64 idx true", {"idx": True, "uri": LIST_URI}),
    status("64 idx 2^64", {"idx": 2**64, "uri": LIST_URI}),
    status("64 uri missing", {"idx": 1}),
    status("64 uri a number", {"idx": 1, "uri": 1}),
    status("64 uri relative", {"idx": 1, "uri": "/status-lists/1"}),
    status("64 uri file", {"idx": 1, "uri": "file:///etc/passwd"}),
    status("64 uri ftp", {"idx": 1, "uri": "ftp://safeconduct.example/1"}),
    status("64 uri data", {"idx": 1, "uri": "data:text/plain,x"}),
    status("64 uri with a user", {"idx": 1, "uri": "https://safeconduct.example@evil.example/1"}),
    status("64 uri with a fragment", {"idx": 1, "uri": LIST_URI + "#1"}),
    status("64 uri with a blank", {"idx": 1, "uri": LIST_URI + " "}),
    status("64 uri with a line break", {"idx": 1, "uri": LIST_URI + "\r\nHost: evil.example"}),
    status("64 uri with a backslash", {"idx": 1, "uri": "https://evil.example\\@safeconduct.example/"}),
    status("64 uri of 3 kB", {"idx": 1, "uri": LIST_URI + "/" * 3_000}),
    Attack("64 no status, a year", token(body=without(claims(), "status")), StatusMissing),
    row("64 status of another mechanism, a year", StatusMissing, status={"other": 1}),
    Attack("64 no status, 901 s", token(body=without(claims(exp=NOW + 901), "status")), StatusMissing),
    Attack("64 taken: no status, 900 s", token(body=without(claims(exp=NOW + 900), "status")), None),
    Attack(
        "64 taken: no status where none is required",
        token(body=without(claims(), "status")),
        None,
        replace(POLICY, require_status=False),
    ),
    row(
        "64 taken: other mechanisms beside", None, status={"x": 1, "status_list": {"idx": 0, "uri": LIST_URI}}
    ),
    row("64 allowed_ips empty", allowed_ips=[]),
    row("64 allowed_ips a string", allowed_ips="10.0.0.0/8"),
    row("64 allowed_ips not a block", allowed_ips=["10.0.0.0/33"]),
    row("64 allowed_ips a number", allowed_ips=[167772160]),
    row("64 allowed_ips null", allowed_ips=None),
    row("64 taken: allowed_ips", None, allowed_ips=["10.0.0.0/8", "2001:db8::/32", "192.0.2.7"]),
    row("64 taken: unknown claims", None, roles=["a"], cnf={"jkt": "x"}),
]

ROWS = [*REPEATED, *TIMES, *AUDIENCES, *NAMES, *SCOPES, *STATUSES]
