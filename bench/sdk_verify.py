"""First-sight verification by the SDK, beside the bare signature check and PyJWT's decode.

python bench/sdk_verify.py [--tokens 10000] [--algorithms ES256 EdDSA RS256] [--rsa-bits 2048] [--json]

Every round takes tokens that nobody has seen and measures raw, SDK and PyJWT in turn on the same ones, by
process CPU time, so a neighbour's load falls on all three. Ratios are medians over the rounds. The tokens are
of one status list, a hundred users and a hundred combinations of scopes.
"""

import argparse
import json
import platform
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from statistics import median, quantiles
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm
from safeconduct import KeySet, VerificationPolicy, check

ISSUER = "https://safeconduct.example"
AUDIENCE = f"{ISSUER}/api"
KID = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
DAY = 86_400
ROUNDS = 20
FAMILIES = (
    "automation",
    "company",
    "connector_auth",
    "connectors",
    "dashboard",
    "embed",
    "reports",
    "billing",
    "search",
    "mail",
)
GOALS = {"ES256": 0.70, "EdDSA": 0.80, "RS256": 0.50}
GOAL_PYJWT = 1.25


@dataclass(frozen=True)
class Kind:
    alg: str
    private_key: Any
    jwk: dict[str, Any]
    raw: Callable[[bytes, bytes], None]
    raw_signature: Callable[[bytes], bytes]


def kinds(names: Sequence[str], rsa_bits: int) -> list[Kind]:
    made = {"ES256": es256, "EdDSA": eddsa, "RS256": lambda: rs256(rsa_bits)}
    return [made[name]() for name in names]


def es256() -> Kind:
    private_key = ec.generate_private_key(ec.SECP256R1())
    verify, scheme = private_key.public_key().verify, ec.ECDSA(SHA256())
    return Kind(
        "ES256",
        private_key,
        ECAlgorithm.to_jwk(private_key.public_key(), as_dict=True),
        lambda text, signature: verify(signature, text, scheme),
        lambda signature: encode_dss_signature(
            int.from_bytes(signature[:32]), int.from_bytes(signature[32:])
        ),
    )


def eddsa() -> Kind:
    private_key = ed25519.Ed25519PrivateKey.generate()
    verify = private_key.public_key().verify
    jwk = OKPAlgorithm.to_jwk(private_key.public_key(), as_dict=True)
    return Kind("EdDSA", private_key, jwk, lambda text, signature: verify(signature, text), bytes)


def rs256(bits: int) -> Kind:
    private_key = rsa.generate_private_key(65537, bits)
    verify, scheme, digest = private_key.public_key().verify, padding.PKCS1v15(), SHA256()
    jwk = RSAAlgorithm.to_jwk(private_key.public_key(), as_dict=True)
    return Kind(
        "RS256", private_key, jwk, lambda text, signature: verify(signature, text, scheme, digest), bytes
    )


def token(kind: Kind, number: int, now: int) -> str:
    claims = {
        "iss": ISSUER,
        "sub": f"5d0f1a52-93c5-4c0e-8a3e-{number % 100:012x}",
        "aud": AUDIENCE,
        "exp": now + 90 * DAY,
        "iat": now,
        "jti": f"0b9d7a1e-2f64-4d0b-9a37-{number:012x}",
        "client_id": "personal-access-tokens",
        "scope": f"{FAMILIES[number % 10]}:view {FAMILIES[number // 10 % 10]}:manage",
        "status": {"status_list": {"idx": number, "uri": f"{ISSUER}/status-lists/3f2a9c41d05b4e7f"}},
    }
    return jwt.encode(claims, kind.private_key, kind.alg, headers={"typ": "at+jwt", "kid": KID})


def cpu_per_call(calls: Callable[[], None], count: int) -> float:
    """Microseconds of process CPU time."""
    start = time.process_time_ns()
    calls()
    return (time.process_time_ns() - start) / count / 1000


def measure(kind: Kind, count: int) -> dict[str, Any]:
    now = int(time.time())
    keys = KeySet.from_document({"keys": [{**kind.jwk, "kid": KID, "alg": kind.alg, "use": "sig"}]})
    policy = VerificationPolicy(issuer=ISSUER, audiences=frozenset({AUDIENCE}))
    public_key = kind.private_key.public_key()
    options: Any = {"require": ["iss", "sub", "aud", "exp", "iat", "jti", "client_id"]}
    rounds: dict[str, list[float]] = {"raw": [], "sdk": [], "pyjwt": []}
    size = max(1, count // ROUNDS)
    for start in range(0, size * ROUNDS, size):
        tokens = [token(kind, number, now) for number in range(start, start + size)]
        parts = [text.rpartition(".") for text in tokens]
        signed = [
            (text.encode(), kind.raw_signature(jwt.utils.base64url_decode(signature)))
            for text, _, signature in parts
        ]

        def raw(signed: Sequence[tuple[bytes, bytes]] = signed) -> None:
            for text, signature in signed:
                kind.raw(text, signature)

        def sdk(tokens: Sequence[str] = tokens) -> None:
            for text in tokens:
                check(text, keys, policy, now)

        def pyjwt(tokens: Sequence[str] = tokens) -> None:
            for text in tokens:
                jwt.decode(text, public_key, [kind.alg], options, audience=AUDIENCE, issuer=ISSUER)

        for name, calls in (("raw", raw), ("sdk", sdk), ("pyjwt", pyjwt)):
            rounds[name].append(cpu_per_call(calls, size))
    return {
        "alg": kind.alg,
        "tokens": size * ROUNDS,
        "characters": len(tokens[0]),
        "microseconds": {name: spread(values) for name, values in rounds.items()},
        "share_of_raw": spread([r / s for r, s in zip(rounds["raw"], rounds["sdk"], strict=True)]),
        "times_pyjwt": spread([p / s for p, s in zip(rounds["pyjwt"], rounds["sdk"], strict=True)]),
        "goals": {"share_of_raw": GOALS[kind.alg], "times_pyjwt": GOAL_PYJWT},
    }


def spread(values: Sequence[float]) -> dict[str, float]:
    low, _, high = quantiles(values, n=4)
    return {"median": round(median(values), 3), "q1": round(low, 3), "q3": round(high, 3)}


def show(result: dict[str, Any]) -> str:
    def cell(name: str) -> str:
        value = result["microseconds"][name]
        return f"{name} {value['median']:6.1f} us ({value['q1']:.1f}..{value['q3']:.1f})"

    def ratio(name: str, label: str) -> str:
        value = result[name]
        goal = result["goals"][name]
        return f"{label} {value['median']:.2f} ({value['q1']:.2f}..{value['q3']:.2f}, goal {goal:.2f})"

    return "\n  ".join(
        [
            f"{result['alg']}  {result['tokens']} tokens of {result['characters']} characters",
            "   ".join(cell(name) for name in ("raw", "sdk", "pyjwt")),
            f"{ratio('share_of_raw', 'share of raw')}   {ratio('times_pyjwt', 'times PyJWT')}",
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--tokens", type=int, default=10_000, help="per algorithm")
    parser.add_argument("--algorithms", nargs="+", choices=sorted(GOALS), default=["ES256", "EdDSA", "RS256"])
    parser.add_argument("--rsa-bits", type=int, default=2048)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    arguments = parser.parse_args()
    results = [measure(kind, arguments.tokens) for kind in kinds(arguments.algorithms, arguments.rsa_bits)]
    if arguments.json:
        libraries = {name: version(name) for name in ("cryptography", "PyJWT")}
        json.dump(
            {"python": platform.python_version(), **libraries, "results": results}, sys.stdout, indent=2
        )
        print()
    else:
        print("\n".join(map(show, results)))


if __name__ == "__main__":
    main()
