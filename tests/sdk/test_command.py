"""python -m safeconduct: what a token is, and whether an API can be misused, each with an exit code."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from safeconduct.canaries import with_changed_signature

from tests.lab.replica import Replica, running_replica
from tests.sdk.examples import Example, running_example
from tests.servers.leash import Leash
from tests.vectors import forge


@pytest.fixture(scope="module")
def replica(leash: Leash) -> Iterator[Replica]:
    with running_replica(leash) as replica:
        yield replica


@pytest.fixture(scope="module")
def example(replica: Replica, leash: Leash) -> Iterator[Example]:
    with running_example("wsgi", replica, leash) as example:
        yield example


def run(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "safeconduct", *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_a_good_token_is_told_in_words(replica: Replica) -> None:
    """Signature, times, audience, status with the list's age; Bearer before it is no matter. Exit code 0."""
    token = replica.administrator.create()["token"]

    done = run("check", "--issuer", replica.deployment.issuer, stdin=f" Bearer {token}\n")

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("This token holds.")
    assert "not revoked and not paused, by a list that is" in done.stdout
    assert replica.administrator.id in done.stdout
    assert token not in done.stdout


@pytest.mark.parametrize(
    ("spoil", "arguments", "code"),
    [
        (with_changed_signature, [], "bad_signature"),
        (lambda token: token, ["--audience", "https://other.example"], "token_wrong_api"),
        (lambda token: token, ["--scope", "company"], "insufficient_scope"),
        (lambda _: "hello", [], "token_malformed"),
        (lambda _: forge.token(), [], "unknown_key"),
    ],
)
def test_a_bad_token_is_told_why(replica: Replica, spoil: Any, arguments: list[str], code: str) -> None:
    """The first check that fails, by its code, and those before it that hold. Exit code 1."""
    token = spoil(replica.administrator.create()["token"])

    done = run("check", "--json", "--issuer", replica.deployment.issuer, *arguments, stdin=token)

    told = json.loads(done.stdout)
    assert (done.returncode, told["holds"], told["code"]) == (1, False, code)
    assert [finding["holds"] for finding in told["findings"]].count(False) == 1


def test_what_cannot_be_told_has_an_exit_code_of_its_own(replica: Replica) -> None:
    """No issuer there: neither yes nor no. Nor is an address asked that is none."""
    token = replica.administrator.create()["token"]

    absent = run("check", "--issuer", "http://127.0.0.1:9", stdin=token)
    unsafe = run("check", "--issuer", "http://tokens.example.com", stdin=token)

    assert (absent.returncode, unsafe.returncode) == (3, 3)
    assert "cannot be told now" in absent.stdout
    assert "https" in unsafe.stderr


def probe(url: str, replica: Replica, *more: str) -> tuple[int, dict[str, Any]]:
    arguments = [
        "--issuer",
        replica.deployment.issuer,
        "--scope",
        "connectors:view",
        "--other-scope",
        "company",
    ]
    done = run("probe", url, *arguments, "--json", *more, stdin=replica.administrator.secret)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def test_an_api_behind_the_verifier_passes_the_probe(replica: Replica, example: Example) -> None:
    """All it should refuse is refused, and the revocation noticed within the profile's bound; no canary stays."""
    code, report = probe(f"http://127.0.0.1:{example.port}/connectors", replica)

    trials = {trial["name"]: trial for trial in report["trials"]}
    wrong = [trial for trial in trials.values() if trial["right"] is False]
    assert (code, report["holds"], wrong) == (0, True, [])
    assert [name for name, trial in trials.items() if trial["right"] is None] == []
    assert 0 <= trials["revoked"]["seconds"] <= 90
    notes = [token["note"] for token in replica.administrator.tokens().values() if token["state"] == "active"]
    assert "canary of a probe" not in notes


class _Careless(BaseHTTPRequestHandler):
    """An API that takes whatever looks like a token."""

    def do_GET(self) -> None:
        known = self.headers.get("Authorization", "").startswith("Bearer ey")
        self.send_response(200 if known else 401)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Quiet."""


def test_an_api_that_looks_at_nothing_is_found_out(replica: Replica) -> None:
    """Each thing it accepts is named, and that it never noticed the revocation. Exit code 1, for CI."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Careless) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        code, report = probe(f"http://127.0.0.1:{server.server_address[1]}/", replica, "--wait", "1")
        server.shutdown()

    verdicts = {trial["name"]: trial["right"] for trial in report["trials"]}
    assert code == 1
    assert verdicts == {
        "a good token": True,
        "no token": True,
        "changed signature": False,
        "alg none": False,
        "status list as token": False,
        "foreign audience": False,
        "missing scope": False,
        "expired": False,
        "revoked": False,
    }


def test_a_probe_that_cannot_begin_says_so(replica: Replica, example: Example) -> None:
    """No credential, or no API: exit code 3, and no verdict."""
    url, issuer = f"http://127.0.0.1:{example.port}/connectors", replica.deployment.issuer
    wrong = run("probe", url, "--issuer", issuer, "--scope", "connectors:view", stdin="nothing good\n")
    nobody = run(
        "probe",
        "http://127.0.0.1:9/",
        "--issuer",
        issuer,
        "--scope",
        "connectors:view",
        stdin=replica.administrator.secret,
    )

    assert (wrong.returncode, nobody.returncode) == (3, 3)
    assert "the issuer made no token: 40" in wrong.stderr
    assert "the API does not answer" in nobody.stderr
