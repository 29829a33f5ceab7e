"""Verifiers on machines whose clocks jump or stand still: processes of their own, under libfaketime."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.sdk.issuer import AUDIENCE, JWKS, TestIssuer, running_issuer
from tests.servers.leash import wait_until
from tests.servers.wrong_clock import WrongClock

HOUR, DAY = 3_600, 86_400
LIFE = 10  # seconds of the token and the list that end, from when all machines stand ready
_VERIFIER = """
import asyncio, sys
from safeconduct import SafeconductError, Verifier, sync

kind, issuer, audience = sys.argv[1:]
verifier = (sync.Verifier if kind == "sync" else Verifier)(issuer, audience)

def outcome(token):
    try:
        verdict = verifier.verify(token)
        if kind == "async":
            loop.run(verdict)
    except SafeconductError as error:
        return error.code
    return "accepted"

with asyncio.Runner() as loop:
    print("ready", flush=True)
    for line in sys.stdin:
        print(outcome(line.strip()), flush=True)
"""


class TrueTime:
    """The time of this very machine, on which the issuer runs."""

    @property
    def wall(self) -> float:
        return time.time()


class Machine:
    """One verifier in a process of its own, and the clock that it goes by."""

    def __init__(self, process: subprocess.Popen[str], clock: WrongClock) -> None:
        self.clock = clock
        self._process = process

    def outcome(self, token: str = "") -> str:
        """accepted, or the code of the refusal."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        if token:
            self._process.stdin.write(f"{token}\n")
            self._process.stdin.flush()
        return self._process.stdout.readline().strip()


@contextmanager
def running_machine(kind: str, issuer: TestIssuer, folder: Path) -> Iterator[Machine]:
    folder.mkdir()
    clock = WrongClock(folder)
    with subprocess.Popen(
        [sys.executable, "-c", _VERIFIER, kind, issuer.url, AUDIENCE],
        env={**os.environ, **clock.environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield Machine(process, clock)


@pytest.fixture
def issuer() -> Iterator[TestIssuer]:
    with running_issuer(TrueTime()) as running:
        yield running


def test_no_clock_revives_what_has_ended(issuer: TestIssuer, tmp_path: Path) -> None:
    """R41, F25, both verifiers: a token and a list end on machines whose clocks go right or stand still, and stay ended
    two hours back, frozen, and two days ahead; when issuer and clock are right again, so is the verdict.
    """
    with ExitStack() as stack:
        machines = {
            f"{kind} {state}": stack.enter_context(
                running_machine(kind, issuer, tmp_path / f"{kind}-{state}")
            )
            for kind in ("sync", "async")
            for state in ("right", "frozen")
        }
        assert {machine.outcome() for machine in machines.values()} == {"ready"}
        start = int(time.time())
        for name, machine in machines.items():
            if name.endswith("frozen"):
                machine.clock.stop_at(start)
        issuer.list_claims = {"exp": start + LIFE, "ttl": LIFE}
        lasting, ending = issuer.token(), issuer.token(exp=start + LIFE)

        def outcomes(token: str) -> dict[str, str]:
            return {name: machine.outcome(token) for name, machine in machines.items()}

        assert outcomes(lasting) == outcomes(ending) == dict.fromkeys(machines, "accepted")
        issuer.kill()

        expired = dict.fromkeys(machines, "token_expired")
        unknown = dict.fromkeys(machines, "verifier_unavailable")
        assert wait_until(lambda: outcomes(ending) == expired, within=LIFE + 30)
        assert wait_until(lambda: outcomes(lasting) == unknown, within=30)
        for turn in (
            lambda clock: clock.turn_to(-2 * HOUR),
            lambda clock: clock.stop_at(start),
            lambda clock: clock.turn_to(2 * DAY),
            lambda clock: clock.turn_to(-2 * HOUR),
        ):
            for machine in machines.values():
                turn(machine.clock)
            assert (outcomes(ending), outcomes(lasting)) == (expired, unknown)

        issuer.list_claims = {}
        issuer.start()
        for machine in machines.values():
            machine.clock.turn_to(0)
        assert wait_until(
            lambda: outcomes(lasting) == dict.fromkeys(machines, "accepted"), within=90
        )  # a pause between attempts
        assert outcomes(ending) == expired


def test_copies_age_by_the_clock_that_nobody_sets(issuer: TestIssuer, tmp_path: Path) -> None:
    """R41: keys are not fetched anew, nor given up, because somebody sets the wall clock; a list from a clock two days
    ahead is no verdict, and no harm once the clock is put right.
    """
    with running_machine("sync", issuer, tmp_path / "machine") as machine:
        machine.outcome()
        token = issuer.token()
        outcomes = [machine.outcome(token)]

        for seconds in (-2 * HOUR, 2 * DAY):
            machine.clock.turn_to(seconds)
            outcomes.append(machine.outcome(token))
        machine.clock.turn_to(0)
        recovered = wait_until(lambda: machine.outcome(token) == "accepted", within=60)

        assert outcomes == ["accepted", "accepted", "verifier_unavailable"]
        assert recovered
        assert issuer.visits[JWKS] == 1
