"""An issuer for verifiers: a real HTTP server whose every answer a test may replace, and which counts its visits."""

import json
import queue
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from safeconduct.clock import Clock
from safeconduct.status_list import LIST_SIZE, StatusList
from safeconduct.status_list_token import SignedStatusList

from tests.vectors import forge

METADATA = "/.well-known/openid-configuration"
JWKS = "/.well-known/jwks.json"
LIST = "/status-lists/1"
STREAM = "/v1/revocations"
AUDIENCE = "https://api.example"


class TurnableTime:
    """Wall and monotonic time, which stand still until they are turned."""

    def __init__(self, now: float = forge.NOW) -> None:
        self.wall = now
        self.monotonic = 1_000.0

    @property
    def clock(self) -> Clock:
        return Clock(lambda: self.wall, lambda: self.monotonic)

    def advance(self, seconds: float) -> None:
        """Time passes."""
        self.wall += seconds
        self.monotonic += seconds

    def set_wall(self, by: float) -> None:
        """Somebody sets the machine's clock."""
        self.wall += by


@dataclass
class Answer:
    """What a path answers. `delay` is seconds before the first byte, `trickle` between two of the body's."""

    body: bytes
    media_type: str = "application/json"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    trickle: float = 0.0


class TestIssuer:
    """Signs with forge's keys. `answers` goes before what it would answer by itself."""

    __test__ = False

    def __init__(self, time: TurnableTime) -> None:
        self.time = time
        self.visits: Counter[str] = Counter()
        self.bodies: list[bytes] = []
        self.answers: dict[str, Answer | Callable[[], Answer]] = {}
        self.keys = ["ES256", "RS256", "PS256", "EdDSA", "status"]
        self.key_set_version: int | None = 1
        self.version = 1
        self.statuses = StatusList.fresh()
        self.metadata: dict[str, Any] = {}
        self.list_claims: dict[str, Any] = {}
        self.list_key = "status"
        self.streams: list[Stream] = []
        self._server: ThreadingHTTPServer | None = None
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def list_uri(self) -> str:
        return f"{self.url}{LIST}"

    def start(self) -> None:
        """Serve, on the same port as before if there was one."""
        self._server = _Server(("127.0.0.1", self.port), partial(_Handler, self))
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stream(self, count: int = 1) -> "Stream":
        """The latest event stream, once there were *count* of them."""
        deadline = time.monotonic() + 20
        while len(self.streams) < count:
            assert time.monotonic() < deadline, "nobody opened a stream"
            time.sleep(0.01)
        return self.streams[-1]

    def kill(self) -> None:
        """Nobody listens any more."""
        for stream in self.streams:
            stream.events.put(None)
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def token(self, key: str = "ES256", *, idx: int = 4711, header: dict | None = None, **claims: Any) -> str:
        """A genuine token, an hour old, with a year to go."""
        now = int(self.time.wall)
        made = forge.claims(
            iss=self.url,
            aud=AUDIENCE,
            iat=now - 3600,
            exp=now + forge.YEAR,
            status={"status_list": {"idx": idx, "uri": self.list_uri}},
        )
        body = {name: value for name, value in (made | claims).items() if value is not None}
        return forge.token(forge.header(key, **(header or {})), body, key)

    def set_status(self, idx: int, status: int) -> None:
        """As a revoke does: the next list that is fetched says so."""
        self.statuses = self.statuses.changed([(idx, status)])
        self.version += 1

    def signed_list(self) -> bytes:
        now = int(self.time.wall)
        signed = SignedStatusList(
            uri=self.list_uri,
            iss=self.url,
            iat=now,
            exp=now + 900,
            ttl=60,
            statuses=self.statuses,
            epoch=1,
            version=self.version,
            keyset_version=self.key_set_version,
        )
        head = forge.header(self.list_key, typ="statuslist+jwt")
        claims = {k: v for k, v in (signed.to_json() | self.list_claims).items() if v is not None}
        return forge.token(head, claims, self.list_key).encode()

    def answer(self, path: str) -> Answer:
        """What it answers by itself."""
        if path == METADATA:
            known = {"issuer": self.url, "jwks_uri": f"{self.url}{JWKS}"}
            return Answer(json.dumps(known | self.metadata).encode())
        if path == JWKS:
            document = {
                "keys": [forge.public_jwk(name) for name in self.keys],
                "version": self.key_set_version,
            }
            return Answer(
                json.dumps(forge.without(document, *([] if self.key_set_version else ["version"]))).encode()
            )
        if path == LIST:
            return Answer(self.signed_list(), "application/statuslist+jwt")
        return Answer(b"not here", "text/plain", 404)


class Stream:
    """One open event stream: what is sent goes out at once."""

    def __init__(self, last_event_id: str | None) -> None:
        self.last_event_id = last_event_id
        self.events: queue.Queue[bytes | None] = queue.Queue()

    def send(self, event: str, **document: Any) -> None:
        identifier = f"{document['epoch']}-{document['revision']}"
        self.events.put(f"id: {identifier}\nevent: {event}\ndata: {json.dumps(document)}\n\n".encode())

    def resync(self, revision: int, as_of: float, *, epoch: int = 1, **lists: int) -> None:
        named = {name.removeprefix("list"): version for name, version in lists.items()}
        self.send("resync", epoch=epoch, revision=revision, as_of=int(as_of), lists=named)

    def change(
        self, revision: int, *entries: tuple[int, int], epoch: int = 1, previous: int | None = None
    ) -> None:
        before = revision - 1 if previous is None else previous
        self.send("change", epoch=epoch, revision=revision, previous=before, at=0, lists={"1": entries})

    def heartbeat(self, revision: int, as_of: float, *, epoch: int = 1) -> None:
        self.send("heartbeat", epoch=epoch, revision=revision, as_of=int(as_of))

    def drop(self) -> None:
        """The connection breaks."""
        self.events.put(None)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up on a slow answer is what is tested."""


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, issuer: TestIssuer, *arguments: Any) -> None:
        self._issuer = issuer
        super().__init__(*arguments)

    def do_GET(self) -> None:
        issuer = self._issuer
        issuer.visits[self.path] += 1
        if self.path == STREAM and STREAM not in issuer.answers:
            self._stream()
            return
        replaced = issuer.answers.get(self.path)
        answer = replaced() if callable(replaced) else replaced or issuer.answer(self.path)
        time.sleep(answer.delay)
        self.send_response(answer.status)
        headers = {
            "Content-Type": answer.media_type,
            "Content-Length": str(len(answer.body)),
            **answer.headers,
        }
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if not answer.trickle:
            self.wfile.write(answer.body)
            return
        for octet in answer.body:
            self.wfile.write(bytes([octet]))
            self.wfile.flush()
            time.sleep(answer.trickle)

    def _stream(self) -> None:
        stream = Stream(self.headers["Last-Event-ID"])
        self._issuer.streams.append(stream)
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        while (event := stream.events.get()) is not None:
            self.wfile.write(event)
            self.wfile.flush()

    def do_POST(self) -> None:
        self._issuer.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.do_GET()

    def log_message(self, *_: object) -> None:
        """Quiet."""


@contextmanager
def running_issuer(time: TurnableTime | None = None) -> Iterator[TestIssuer]:
    issuer = TestIssuer(time or TurnableTime())
    issuer.start()
    try:
        yield issuer
    finally:
        issuer.kill()


LAST = LIST_SIZE - 5
