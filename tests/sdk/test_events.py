"""Pushed news: in milliseconds while it flows, never trusted over a gap, and no worse than lists when it stops."""

from collections.abc import Callable
from typing import Any

import pytest
from safeconduct.sources import EventStream

from tests.sdk.issuer import LIST, STREAM, Answer, Stream, TestIssuer
from tests.sdk.test_staleness import outcome
from tests.servers.leash import wait_until

PATIENCE = 20  # seconds


@pytest.fixture
def followed(issuer: TestIssuer, new_verifier) -> tuple[Any, str, Stream]:
    """A verifier that holds the list at version 1 and follows the stream; a token; the stream."""
    issuer.metadata = {"revocation_stream_endpoint": f"{issuer.url}{STREAM}"}
    verifier, token = new_verifier(revocation=EventStream("client", "secret")), issuer.token()
    assert outcome(verifier, token) == "accepted"
    stream = issuer.stream()
    stream.resync(1, issuer.time.wall, list1=1)
    assert wait_until(lambda: source(verifier)._position == (1, 1), within=PATIENCE)
    return verifier, token, stream


def source(verifier: Any) -> EventStream:
    return verifier.verifier._core.source


def confirmed(verifier: Any, as_of: float) -> Callable[[], bool]:
    return lambda: all(held.as_of == int(as_of) for held in source(verifier).held())


def test_a_change_is_heeded_without_any_fetch(issuer: TestIssuer, followed) -> None:
    """Revoked by one event; paused and resumed by two; the list itself is not fetched again."""
    verifier, token, stream = followed
    paused = issuer.token(idx=99)

    stream.change(2, (4711, 1), (99, 2))
    assert wait_until(lambda: outcome(verifier, token) == "token_revoked", within=PATIENCE)
    assert outcome(verifier, paused) == "token_paused"
    stream.change(3, (4711, 0), (99, 0))
    assert wait_until(lambda: outcome(verifier, paused) == "accepted", within=PATIENCE)

    assert outcome(verifier, token) == "token_revoked"
    assert issuer.visits[LIST] == 1


def test_heartbeats_keep_a_list_fresh(issuer: TestIssuer, followed) -> None:
    """What the stream confirms need not be fetched, but for a signed copy every few minutes."""
    verifier, token, stream = followed
    for _ in range(10):
        issuer.time.advance(20)
        stream.heartbeat(1, issuer.time.wall)
        assert wait_until(confirmed(verifier, issuer.time.wall), within=PATIENCE)
        assert outcome(verifier, token, max_staleness=5) == "accepted"

    assert issuer.visits[LIST] == 1


def test_silence_is_not_health(issuer: TestIssuer, followed) -> None:
    """A replica that lost its database sends old `as_of`: it confirms nothing, and the list is fetched (threats 4)."""
    verifier, token, stream = followed
    issuer.set_status(4711, 1)
    old = issuer.time.wall
    issuer.time.advance(61)
    stream.heartbeat(1, old)

    assert outcome(verifier, token) == "token_revoked"
    assert issuer.visits[LIST] == 2


@pytest.mark.parametrize(
    "gap",
    [
        lambda stream: stream.change(4, (99, 1), previous=3),
        lambda stream: stream.change(2, (99, 1), epoch=2),
        lambda stream: stream.heartbeat(3, 0),
        lambda stream: stream.send("change", epoch=1, revision=2, previous=1),
        lambda stream: stream.change(2, (2**40, 1)),
        lambda stream: stream.change(2, (99, 4)),
        lambda stream: stream.events.put(b"event: resync\ndata: {}\n\n"),
        lambda stream: stream.events.put(b"event: heartbeat\ndata: [1]\n\n"),
        lambda stream: stream.events.put(b'event: resync\ndata: {"epoch":1e400,"revision":1,"lists":{}}\n\n'),
        lambda stream: stream.events.put(b"event: change\ndata: " + b"[" * 100_000 + b"\n\n"),
        lambda stream: stream.events.put(b"event: change\n" + b"data: 0000000000\n" * 500_000),
    ],
    ids=[
        "missed",
        "new epoch",
        "behind",
        "malformed",
        "no such place",
        "no such status",
        "nothing",
        "no object",
        "infinite",
        "too deep",
        "endless",
    ],
)
def test_after_a_gap_nothing_is_trusted_before_a_resync(issuer: TestIssuer, followed, gap) -> None:
    """F34: A change was missed or cannot be read: the stream is opened and told anew, and the list fetched where it is
    behind (R43).
    """
    verifier, token, stream = followed
    issuer.set_status(4711, 1)
    gap(stream)
    again = issuer.stream(2)
    assert again.last_event_id is None
    again.resync(2, issuer.time.wall, list1=2)

    assert wait_until(lambda: outcome(verifier, token) == "token_revoked", within=PATIENCE)
    assert issuer.visits[LIST] == 2


def test_a_broken_connection_goes_on_where_it_was(issuer: TestIssuer, followed) -> None:
    """Last-Event-ID names the last revision that was heeded."""
    verifier, token, stream = followed
    stream.change(2, (99, 1))
    stream.drop()
    again = issuer.stream(2)
    again.change(3, (4711, 1))

    assert again.last_event_id == "1-2"
    assert wait_until(lambda: outcome(verifier, token) == "token_revoked", within=PATIENCE)


def test_a_list_out_of_an_old_cache_gets_what_came_meanwhile(issuer: TestIssuer, followed) -> None:
    """Fetched after the change, signed before it: the change is applied to it."""
    verifier, token, stream = followed
    old = issuer.signed_list()
    issuer.answers[LIST] = Answer(old, "application/statuslist+jwt")
    with source(verifier)._lock:
        source(verifier)._lists.clear()
    stream.change(2, (4711, 1))
    assert wait_until(lambda: source(verifier)._position == (1, 2), within=PATIENCE)

    for _ in range(3):
        issuer.time.advance(1)
        outcome(verifier, issuer.token(idx=50))
    issuer.time.advance(1)

    assert outcome(verifier, issuer.token(idx=4711, jti="other")) == "token_revoked"
    assert token


def test_an_issuer_without_a_stream_is_read_by_lists(issuer: TestIssuer, new_verifier) -> None:
    """No endpoint in the metadata, or one that answers nonsense: no worse than the default."""
    plain = new_verifier(revocation=EventStream())
    issuer.set_status(4711, 1)
    assert outcome(plain, issuer.token()) == "token_revoked"

    issuer.metadata = {"revocation_stream_endpoint": f"{issuer.url}{STREAM}"}
    issuer.answers[STREAM] = Answer(b"<html>", "text/html")
    nonsense = new_verifier(revocation=EventStream())

    assert outcome(nonsense, issuer.token()) == "token_revoked"
    assert outcome(nonsense, issuer.token(idx=9)) == "accepted"
