"""A restart while the issuer is away: from what was signed and is still in force, and otherwise not at all."""

from pathlib import Path

import pytest
from safeconduct.snapshot import Snapshot

from tests.sdk.issuer import TestIssuer
from tests.sdk.test_staleness import outcome

KEY = b"a secret of this API's own"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "safeconduct.snapshot"


@pytest.fixture(params=[None, KEY], ids=["by mode", "by key"])
def snapshot(request: pytest.FixtureRequest, path: Path) -> Snapshot:
    return Snapshot(path, key=request.param)


def remember(issuer: TestIssuer, new_verifier, snapshot: Snapshot) -> str:
    """A process that verified and ended; then the issuer is gone. Answers a token that held."""
    token = issuer.token()
    issuer.set_status(99, 1)
    first = new_verifier(snapshot=snapshot)
    assert outcome(first, token) == "accepted"
    first.close()
    issuer.kill()
    return token


@pytest.mark.parametrize(
    ("passed", "expected"), [(0, "accepted"), (890, "accepted"), (900, "verifier_unavailable")]
)
def test_a_verifier_starts_without_its_issuer_while_its_list_is_in_force(
    issuer: TestIssuer, new_verifier, snapshot, passed, expected
) -> None:
    """Before the list's end it serves, revoked tokens refused; after it, 503 (R40)."""
    token, revoked = remember(issuer, new_verifier, snapshot), issuer.token(idx=99)
    issuer.time.advance(passed)
    second = new_verifier(snapshot=snapshot)

    assert outcome(second, token) == expected
    assert outcome(second, revoked) == ("token_revoked" if expected == "accepted" else expected)


def test_a_clock_that_was_set_back_in_between_revives_nothing(
    issuer: TestIssuer, new_verifier, snapshot
) -> None:
    """A snapshot from the future has no age that could be trusted (R41)."""
    token = remember(issuer, new_verifier, snapshot)
    issuer.time.advance(1_000)
    issuer.time.set_wall(-7_200)

    assert outcome(new_verifier(snapshot=snapshot), token) == "verifier_unavailable"


def test_keys_age_on_disk_as_in_memory(issuer: TestIssuer, new_verifier, snapshot) -> None:
    """Keys that could not be refreshed for 900 seconds serve no more, however young a list is (threats 9)."""
    token = issuer.token()
    first = new_verifier(snapshot=snapshot)
    outcome(first, token)
    issuer.time.advance(200)
    outcome(first, token)
    first.close()
    issuer.kill()
    issuer.time.advance(699)
    second = new_verifier(snapshot=snapshot)
    before = outcome(second, token)
    issuer.time.advance(2)

    assert (before, outcome(second, token)) == ("accepted", "verifier_unavailable")


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"",
        lambda octets: octets[:-1],
        lambda octets: octets[: len(octets) // 2],
        lambda octets: octets.replace(b'"jwks_at"', b'"jwks_up"'),
        lambda octets: b"0" * 64 + octets[64:],
        lambda _: b"\xff" * 1_000,
    ],
    ids=["empty", "cut", "half", "edited", "another seal", "noise"],
)
def test_a_damaged_snapshot_is_as_good_as_none(
    issuer: TestIssuer, new_verifier, snapshot, path, damage
) -> None:
    """Refused whole; the verifier starts as if it were the first time."""
    token = remember(issuer, new_verifier, snapshot)
    path.write_bytes(damage(path.read_bytes()))
    second = new_verifier(snapshot=snapshot)

    assert outcome(second, token) == "verifier_unavailable"
    issuer.start()
    issuer.time.advance(40)
    assert outcome(second, token) == "accepted"


def test_what_others_may_write_needs_a_key(issuer: TestIssuer, new_verifier, path: Path) -> None:
    """Whoever can replace the file could bring keys of their own: refused, unless a key seals it."""
    token = remember(issuer, new_verifier, Snapshot(path))
    path.chmod(0o666)
    assert outcome(new_verifier(snapshot=Snapshot(path)), token) == "verifier_unavailable"

    assert outcome(new_verifier(snapshot=Snapshot(path, key=KEY)), token) == "verifier_unavailable"


def test_the_snapshot_of_another_issuer_is_not_read(issuer: TestIssuer, new_verifier, path: Path) -> None:
    """One file for two verifiers is a mistake that must not mix them."""
    token = remember(issuer, new_verifier, Snapshot(path, key=KEY))
    issuer.port += 1

    assert outcome(new_verifier(snapshot=Snapshot(path, key=KEY)), token) == "verifier_unavailable"


def test_a_folder_that_cannot_be_written_stops_nobody(
    issuer: TestIssuer, new_verifier, tmp_path: Path
) -> None:
    """Verifying goes on without a snapshot."""
    verifier = new_verifier(snapshot=Snapshot(tmp_path / "missing" / "snapshot"))

    assert outcome(verifier, issuer.token()) == "accepted"
    verifier.close()


def test_no_access_token_is_ever_written(issuer: TestIssuer, new_verifier, snapshot, path: Path) -> None:
    """Keys and lists are public; tokens stay in memory (R15)."""
    token = remember(issuer, new_verifier, snapshot)

    assert token.rpartition(".")[2].encode() not in path.read_bytes()
    assert path.stat().st_mode & 0o077 == 0
