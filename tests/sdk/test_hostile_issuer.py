"""A server that is not what it should be: nothing of it is believed, followed, awaited for ever or kept in memory."""

import resource
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from safeconduct.aiohttp_transport import AiohttpTransport
from safeconduct.discovery import Metadata
from safeconduct.standard_http import StandardTransport

from tests.sdk.flavours import Awaited, OverAiohttp, Plain
from tests.sdk.issuer import JWKS, LIST, METADATA, Answer, TestIssuer, running_issuer
from tests.sdk.test_staleness import outcome
from tests.vectors import forge


@pytest.fixture(params=[Plain, Awaited, OverAiohttp], ids=["sync", "async", "aiohttp"])
def new_verifier(request: pytest.FixtureRequest, issuer: TestIssuer) -> Iterator[Callable[..., Any]]:
    """Makes verifiers over one of the transports."""
    made = []

    def make(**options: Any) -> Any:
        made.append(request.param(issuer, **options))
        return made[-1]

    yield make
    for each in made:
        each.close()


PATHS = [METADATA, JWKS, LIST]
MEDIA_TYPES = {METADATA: "application/json", JWKS: "application/json", LIST: "application/statuslist+jwt"}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(issuer: TestIssuer, new_verifier, path: str, status: int) -> None:
    """Neither to another origin, nor to file:, nor to itself: the other server is never asked (R39)."""
    with running_issuer() as other:
        issuer.answers[path] = Answer(b"", status=status, headers={"Location": f"{other.url}{path}"})

        assert outcome(new_verifier(), issuer.token()) == "verifier_unavailable"
        assert not other.visits
    assert issuer.visits[path] == 1


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "changed",
    [
        {"media_type": "text/html"},
        {"media_type": ""},
        {"status": 201},
        {"status": 404},
        {"headers": {"Content-Encoding": "gzip"}},
        {"headers": {"Content-Length": "5"}},
        {"headers": {"Content-Length": "60000"}},
        {"headers": {"Content-Length": "999999999999"}},
        {"headers": {"Content-Length": "minus one"}},
        {"headers": {"X-Large": "x" * 70_000}},
        {"body": b""},
        {"body": b"\xff\xfe"},
        {"body": b"[" * 100_000},
        {"body": b"null"},
    ],
    ids=str,
)
def test_an_answer_of_another_form_is_refused(issuer: TestIssuer, new_verifier, path, changed) -> None:
    """Another type, a compressed, cut off, empty, absurd body: 503, and no exception of another kind (R39)."""
    whole = issuer.answer(path)
    issuer.answers[path] = Answer(**{"body": whole.body, "media_type": MEDIA_TYPES[path]} | changed)

    assert outcome(new_verifier(), issuer.token()) == "verifier_unavailable"


@pytest.mark.parametrize("path", PATHS)
def test_more_than_the_limit_is_not_read(issuer: TestIssuer, new_verifier, path: str) -> None:
    """64 KiB of keys, 256 KiB of metadata, 4 MiB of list: the rest of a flood is left unread (R39)."""
    issuer.answers[path] = Answer(b'{"a": "' + b"x" * 8_000_000 + b'"}', MEDIA_TYPES[path])

    assert outcome(new_verifier(), issuer.token()) == "verifier_unavailable"


def test_an_entity_tag_that_no_server_would_take_back_is_not_sent(issuer: TestIssuer) -> None:
    """One absurd answer out of a cache must not have every later request refused for its headers (R39)."""
    verifier, token = Plain(issuer), issuer.token()
    signed = issuer.answer(LIST)
    issuer.answers[LIST] = Answer(signed.body, signed.media_type, headers={"ETag": f'"{"x" * 65_500}"'})
    assert outcome(verifier, token) == "accepted"
    del issuer.answers[LIST]
    issuer.set_status(4711, 1)
    issuer.time.advance(60)

    assert outcome(verifier, token) == "token_revoked"


@pytest.mark.parametrize("member", ["issuer", "jwks_uri"])
@pytest.mark.parametrize(
    "value",
    [
        "https://elsewhere.example/jwks.json",
        "file:///etc/passwd",
        "http://169.254.169.254/latest",
        "",
        None,
        7,
        ["x"],
    ],
)
def test_metadata_that_leads_elsewhere_is_refused(
    issuer: TestIssuer, new_verifier, member: str, value
) -> None:
    """The issuer byte for byte, and keys from its own origin only (R39)."""
    issuer.metadata = {member: value}

    assert outcome(new_verifier(), issuer.token()) == "verifier_unavailable"


@pytest.mark.parametrize(
    "suffix", ["@elsewhere.example/jwks", ".elsewhere.example/jwks", "0/jwks", "/../jwks#@x"]
)
def test_an_address_that_only_begins_like_the_issuer_is_another_origin(suffix: str) -> None:
    """Origins are compared parsed, never by their first characters."""
    document = {"issuer": "https://tokens.example", "jwks_uri": f"https://tokens.example{suffix}"}
    own = suffix.startswith("/")

    if own:
        assert Metadata.from_document(document, "https://tokens.example").jwks_uri
    else:
        with pytest.raises(ValueError):
            Metadata.from_document(document, "https://tokens.example")


@pytest.mark.parametrize(
    ("kind", "transport"),
    [(Plain, StandardTransport), (OverAiohttp, AiohttpTransport)],
    ids=["sync", "aiohttp"],
)
@pytest.mark.parametrize("slow", [{"delay": 3.0}, {"trickle": 0.2}], ids=["silent", "trickling"])
def test_a_slow_server_is_given_up_on_at_the_deadline(issuer: TestIssuer, kind, transport, slow) -> None:
    """One deadline for the whole exchange, however steadily the bytes drip (R39)."""
    issuer.answers[JWKS] = Answer(b" " * 1_000, **slow)
    verifier = kind(issuer, transport=transport(timeout=0.5))
    before = time.monotonic()

    assert outcome(verifier, issuer.token()) == "verifier_unavailable"
    assert time.monotonic() - before < 2.5
    verifier.close()


def test_headers_that_drip_are_given_up_on_as_well(issuer: TestIssuer) -> None:
    """Not only the body has the deadline."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        stop = threading.Event()

        def drip() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.sendall(b"HTTP/1.1 200 OK\r\n")
                while not stop.wait(0.1):
                    try:
                        connection.sendall(b"X: y\r\n")
                    except OSError:
                        return

        dripping = threading.Thread(target=drip)
        dripping.start()
        issuer.port, old = listener.getsockname()[1], issuer.port
        verifier = Plain(issuer, transport=StandardTransport(timeout=0.5))
        before = time.monotonic()
        try:
            assert outcome(verifier, issuer.token()) == "verifier_unavailable"
            assert time.monotonic() - before < 2.5
        finally:
            stop.set()
            dripping.join()
            issuer.port = old
            verifier.close()


def test_a_bomb_is_refused_for_the_price_of_a_list(issuer: TestIssuer, new_verifier) -> None:
    """A GiB in a MiB of zlib: refused, and the process grows by 32 MiB at most (R42)."""
    packer = zlib.compressobj(9)
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(1024)) + packer.flush()
    issuer.list_claims = {"status_list": {"bits": 2, "lst": forge.b64(bomb)}}
    issuer.answers[LIST] = Answer(issuer.signed_list(), MEDIA_TYPES[LIST])
    verifier, token = new_verifier(), issuer.token()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    assert outcome(verifier, token) == "verifier_unavailable"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 32 * 1024


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": "https://elsewhere.example/status-lists/1"},
        {"iss": "https://elsewhere.example"},
        {"exp": forge.NOW},
        {"exp": forge.NOW + 100_000},
        {"ttl": 0},
        {"status_list": {"bits": 3, "lst": "eJxjYGBgAAAABAAB"}},
        {"iat": None},
        {"exp": None},
    ],
)
def test_a_list_that_is_not_this_one_is_refused(issuer: TestIssuer, new_verifier, claims) -> None:
    """Signed, but of another address, another issuer, expired or too long-lived: no statement (attacks 65, 66)."""
    issuer.list_claims = claims

    assert outcome(new_verifier(), issuer.token()) == "verifier_unavailable"


def test_the_list_of_another_address_is_never_taken_for_this_one(issuer: TestIssuer, new_verifier) -> None:
    """An attacker who may choose among genuine lists gains nothing by it."""
    signed = issuer.signed_list()
    issuer.answers["/status-lists/2"] = Answer(signed, MEDIA_TYPES[LIST])
    token = issuer.token(status={"status_list": {"idx": 9, "uri": f"{issuer.url}/status-lists/2"}})

    assert outcome(new_verifier(), token) == "verifier_unavailable"


def test_a_static_file_server_is_issuer_enough(issuer: TestIssuer, new_verifier) -> None:
    """Files without an ending come as octet-stream; keys and metadata as JSON. That will do."""
    for path in PATHS:
        media_type = "application/octet-stream" if path == LIST else "application/json"
        issuer.answers[path] = Answer(issuer.answer(path).body, media_type)

    assert outcome(new_verifier(), issuer.token()) == "accepted"
