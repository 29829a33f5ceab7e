"""The SDK's verifier: python -m bench.sdk [repeated first memory start frameworks] [--rounds N] [--tokens N].

Everything by process CPU time, in rounds in turn, medians with the least and the most. README.md says what it means.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import jwt
from safeconduct import Verifier, sync
from safeconduct.snapshot import Snapshot
from safeconduct.status_list import LIST_BYTES, StatusList
from safeconduct.token_cache import CACHE_BYTES

from bench.processes import PythonServer, pinned_run, running
from bench.sdk_verify import AUDIENCE, DAY, kinds
from bench.sdk_verify import token as made_token
from tests.sdk.issuer import AUDIENCE as API
from tests.sdk.issuer import Answer, TestIssuer, TurnableTime, running_issuer
from tests.servers.leash import Leash
from tests.vectors import forge

PARTS = ("repeated", "first", "memory", "start", "frameworks")


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m bench.sdk", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--tokens", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=2.0, help="of load on a framework, each round")
    arguments = parser.parse_args()
    for part in arguments.parts or PARTS:
        globals()[part](arguments)


@contextmanager
def issuer_now() -> Iterator[TestIssuer]:
    """An issuer whose time is the machine's."""
    with running_issuer(TurnableTime(time.time())) as issuer:
        yield issuer


def per_second(calls: Callable[[], None], count: int, rounds: int) -> list[float]:
    found = []
    for _ in range(rounds):
        began = time.process_time()
        calls()
        found.append(count / (time.process_time() - began))
    return found


def spread(values: list[float], unit: str = "/s") -> str:
    return f"{median(values):,.0f} ({min(values):,.0f}..{max(values):,.0f}){unit}"


def repeated(arguments: argparse.Namespace) -> None:
    """Tokens that were seen before: times, kid and status judged on every call."""
    with issuer_now() as issuer:
        tokens = [issuer.token(idx=8 + n) for n in range(arguments.tokens)]
        plain = sync.Verifier(issuer.url, API, cache_bytes=2 * CACHE_BYTES)
        for token in tokens:
            plain.verify(token)
        new_strings = [[token.encode().decode() for token in tokens] for _ in range(arguments.rounds)]

        def each(**options: Any) -> Callable[[], None]:
            def run() -> None:
                verify = plain.verify
                for token in tokens:
                    verify(token, **options)

            return run

        def fresh() -> None:
            verify = plain.verify
            for token in new_strings.pop():
                verify(token)

        count, rounds = len(tokens), arguments.rounds
        print("repeated, sync             ", spread(per_second(each(), count, rounds)), "goal 600,000")
        print("repeated, sync, new strings", spread(per_second(fresh, count, rounds)))
        print("repeated, sync, scope      ", spread(per_second(each(scope="connectors"), count, rounds)))
        print("repeated, async            ", spread(asyncio.run(awaited(issuer, tokens, rounds))))


async def awaited(issuer: TestIssuer, tokens: list[str], rounds: int) -> list[float]:
    async with Verifier(issuer.url, API, cache_bytes=2 * CACHE_BYTES) as verifier:
        for token in tokens:
            await verifier.verify(token)
        found = []
        for _ in range(rounds):
            began = time.process_time()
            for token in tokens:
                await verifier.verify(token)
            found.append(len(tokens) / (time.process_time() - began))
        return found


def first(arguments: argparse.Namespace) -> None:
    """First sight with status, all steps on, beside the bare signature check and PyJWT's decode with PyJWKClient."""
    goals = {"ES256": 0.70, "EdDSA": 0.80, "RS256": 0.50}
    for kind in kinds(list(goals), 2048):
        now, size = int(time.time()), max(1, arguments.tokens // arguments.rounds)
        ratios: dict[str, list[float]] = {"raw": [], "pyjwt": []}
        with issuer_now() as issuer:
            key = kind.jwk | {"kid": "k", "alg": kind.alg, "use": "sig"}
            jwks = {"keys": [key, forge.public_jwk("status")], "version": 1}
            issuer.answers["/.well-known/jwks.json"] = Answer(json.dumps(jwks).encode())
            for number in range(arguments.rounds):
                tokens = [signed(issuer, kind, number * size + n, now) for n in range(size)]
                for name, share in compare(issuer, kind, tokens).items():
                    ratios[name].append(share)
        said = {name: f"{median(v):.2f} ({min(v):.2f}..{max(v):.2f})" for name, v in ratios.items()}
        goal = f"goals {goals[kind.alg]:.2f} and 1.25"
        print(f"first sight, {kind.alg:5}  share of raw {said['raw']}  times PyJWT {said['pyjwt']}  {goal}")


def compare(issuer: TestIssuer, kind: Any, tokens: list[str]) -> dict[str, float]:
    """Share of the bare check's speed, and how many times PyJWT's."""
    parts = [token.rpartition(".") for token in tokens]
    octets = [(text.encode(), kind.raw_signature(jwt.utils.base64url_decode(end))) for text, _, end in parts]
    verifier = sync.Verifier(issuer.url, AUDIENCE)
    verifier.verify(signed(issuer, kind, 120_000, int(time.time())))
    client = jwt.PyJWKClient(f"{issuer.url}/.well-known/jwks.json", lifespan=3_600)
    client.get_signing_key_from_jwt(tokens[0])
    required: Any = {"require": ["iss", "sub", "aud", "exp", "iat", "jti", "client_id"]}

    def seconds(calls: Callable[[], list[Any]]) -> float:
        began = time.process_time()
        calls()
        return time.process_time() - began

    raw = seconds(lambda: [kind.raw(text, signature) for text, signature in octets])
    ours = seconds(lambda: [verifier.verify(token) for token in tokens])
    pyjwt = seconds(
        lambda: [
            jwt.decode(
                token,
                client.get_signing_key_from_jwt(token),
                [kind.alg],
                required,
                audience=AUDIENCE,
                issuer=issuer.url,
            )
            for token in tokens
        ]
    )
    return {"raw": raw / ours, "pyjwt": pyjwt / ours}


def signed(issuer: TestIssuer, kind: Any, number: int, now: int) -> str:
    claims = jwt.decode(made_token(kind, number, now), options={"verify_signature": False})
    place = {"status_list": {"idx": 8 + number, "uri": issuer.list_uri}}
    claims |= {"iss": issuer.url, "status": place, "iat": now - 60, "exp": now + 90 * DAY}
    return jwt.encode(claims, kind.private_key, kind.alg, headers={"typ": "at+jwt", "kid": "k"})


def memory(_: argparse.Namespace) -> None:
    """10 million tokens' lists, and the cache of tokens beside its limit."""
    with issuer_now() as issuer:
        lists = [f"/status-lists/{n}" for n in range(77)]
        revoked = StatusList.fresh().changed([(idx, 1) for idx in range(8, 1_300)])
        verifier, now = sync.Verifier(issuer.url, API), int(time.time())
        tokens = []
        for path in lists:
            uri = f"{issuer.url}{path}"
            issuer.statuses = revoked
            issuer.list_claims = {"sub": uri}
            issuer.answers[path] = Answer(issuer.signed_list(), "application/statuslist+jwt")
            tokens.append(issuer.token(status={"status_list": {"idx": 9_000, "uri": uri}}, iat=now - 60))
        verifier.verify(issuer.token())
        tracemalloc.start()
        for token in tokens:
            verifier.verify(token)
        held = tracemalloc.get_traced_memory()[0] / 2**20
        bits = len(lists) * LIST_BYTES / 2**20
        print(f"lists of 10 million tokens  {held:.2f} MiB, of which bits {bits:.2f}   goal 4")
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        small = sync.Verifier(issuer.url, API, cache_bytes=8 * 2**20)
        issuer.list_claims, issuer.statuses = {}, StatusList.fresh()
        for number in range(6_000):
            small.verify(issuer.token(idx=2_000 + number, jti=f"{number:036}"))
        used = (tracemalloc.get_traced_memory()[0] - before) / 2**20
        held = len(small._core._tokens)  # noqa: SLF001 - a bench may look
        print(f"cache limited to 8 MiB      {used:.2f} MiB with {held} tokens")
        tracemalloc.stop()


def start(arguments: argparse.Namespace) -> None:
    """Import, and the first verdict with a snapshot while the issuer is away."""
    imports = "from safeconduct import Verifier", "import safeconduct.sync"
    for text in imports:
        found = [cpu_of(text) - cpu_of("pass") for _ in range(arguments.rounds)]
        print(
            f"{text:34} {median(found) * 1000:.0f} ms ({min(found) * 1000:.0f}..{max(found) * 1000:.0f})   goal 150"
        )
    with issuer_now() as issuer, tempfile.TemporaryDirectory() as folder:
        token, snapshot = issuer.token(), Snapshot(Path(folder) / "snapshot")
        with sync.Verifier(issuer.url, API, snapshot=snapshot) as verifier:
            verifier.verify(token)
        issuer.kill()
        found = []
        for _ in range(arguments.rounds):
            began = time.perf_counter()
            sync.Verifier(issuer.url, API, snapshot=snapshot).verify(token)
            found.append((time.perf_counter() - began) * 1000)
        print(
            f"first verdict by a snapshot        {median(found):.1f} ms ({min(found):.1f}..{max(found):.1f})   goal 50"
        )


def cpu_of(text: str) -> float:
    script = f"import time; began = time.process_time(); {text}; print(time.process_time() - began)"
    return float(
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    )


def frameworks(arguments: argparse.Namespace) -> None:
    """CPU of a handler behind the verifier beside the bare one: 1,000 tokens that repeat."""
    leash = Leash()
    try:
        with issuer_now() as issuer, tempfile.TemporaryDirectory() as folder:
            requests = Path(folder) / "requests.json"
            requests.write_text(json.dumps([as_request(issuer.token(idx=8 + n)) for n in range(1_000)]))
            for kind in ("aiohttp", "fastapi", "asgi"):
                losses = loss(kind, issuer, leash, requests, arguments)
                low, high = min(losses), max(losses)
                print(
                    f"{kind:8} loses {median(losses):.1%} ({low:.1%}..{high:.1%}) of its bare throughput   goal 10 %"
                )
    finally:
        leash.close()


def loss(
    kind: str, issuer: TestIssuer, leash: Leash, requests: Path, arguments: argparse.Namespace
) -> list[float]:
    with ExitStack() as stack:
        servers = []
        for name, words in (("bare", []), ("verified", [issuer.url])):
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            server = PythonServer(
                f"{kind}-{name}",
                ["-m", "bench.sdk_servers", kind, "{port}", *words],
                folder=folder,
                leash=leash,
                environment={},
            )
            servers.append(stack.enter_context(running(server)))
        found = []
        for _ in range(arguments.rounds):
            bare, verified = (cpu_per_answer(server, requests, arguments.seconds) for server in servers)
            found.append(1 - bare / verified)
        return found


def cpu_per_answer(server: PythonServer, requests: Path, seconds: float) -> float:
    job = {"port": server.port, "pid": server.process_id, "requests": str(requests), "seconds": seconds}
    tally = json.loads(pinned_run("bench.load", json.dumps(job)))
    assert not tally["bad"], tally
    return tally["cpu"] / tally["answers"]


def as_request(token: str) -> str:
    return f"GET / HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n"


if __name__ == "__main__":
    main()
