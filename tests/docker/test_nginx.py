"""docker/nginx.conf as it stands, but for ports and folders, before two real replicas."""

import http.client
import http.server
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest

from tests.docker.dockerfile import DOCKER
from tests.lab.cluster import Cluster, running_cluster
from tests.lab.exchange import Answer, exchange, request_bytes
from tests.lab.replica import NEW_TOKEN, TOKENS, Replica
from tests.servers.leash import Leash, wait_until
from tests.servers.postgresql import PostgresServer
from tests.servers.process import ServerProcess, free_port, private_folder
from tests.tools.pieces import require

SOON = 20


@dataclass(frozen=True)
class Front:
    """nginx on its port, and what is behind it."""

    port: int
    cluster: Cluster

    def call(self, method: str, path: str, **request: object) -> Answer:
        return exchange(self.port, request_bytes(method, path, **request))


def configured(folder: Path, port: int, upstreams: list[int]) -> str:
    """The shipped file with our ports and our folder for /tmp."""
    first, second = upstreams
    changes = {
        " /tmp/": f" {folder}/",
        "listen 8080;": f"listen 127.0.0.1:{port};",
        " /dev/stderr": f" {folder}/error.log",
        " replica-1:8080": f" 127.0.0.1:{first}",
        " replica-2:8080": f" 127.0.0.1:{second}",
    }
    text = (DOCKER / "nginx.conf").read_text()
    for shipped, here in changes.items():
        assert shipped in text
        text = text.replace(shipped, here)
    return text


@contextmanager
def running_nginx(leash: Leash, port: int, upstreams: list[int]) -> Iterator[ServerProcess]:
    program = require("nginx")
    with private_folder("nginx", leash) as folder:
        (folder / "nginx.conf").write_text(configured(folder, port, upstreams))
        nginx = ServerProcess(
            "nginx",
            [program.path, "-p", folder, "-c", folder / "nginx.conf", "-g", "daemon off;"],
            folder=folder,
            leash=leash,
            ready=lambda: exchange(port, request_bytes("GET", "/livez"), within=5).status == 200,
            environment=program.environment,
        )
        nginx.start()
        try:
            yield nginx
        finally:
            nginx.kill9()


@pytest.fixture(scope="module")
def front(leash: Leash, postgres_server: PostgresServer) -> Iterator[Front]:
    port = free_port()
    with running_cluster(leash, postgres_server, size=2) as cluster:
        assert cluster.replicas[0].gateway
        with running_nginx(leash, port, [each.port for each in cluster.replicas]):
            front = Front(port, cluster)
            assert wait_until(
                lambda: all(introspected(front, "x").status == 200 for _ in range(8)), within=SOON
            )
            yield front


def introspected(front: Front, token: str) -> Answer:
    gateway = front.cluster.replicas[0].gateway
    return front.call(
        "POST", "/oauth2/introspect", authorization=gateway.authorization, form={"token": token}
    )


def test_a_revocation_holds_behind_nginx_from_its_answer_on(front: Front) -> None:
    """R1: whichever replica nginx asks, and it keeps no answer of its own."""
    ann = front.cluster.replicas[0].administrator
    for _ in range(5):
        made = front.call("POST", TOKENS, authorization=ann.authorization, json_body=NEW_TOKEN)
        before = {introspected(front, made.json["token"]).json["active"] for _ in range(4)}
        gone = front.call("DELETE", f"{TOKENS}/{made.json['id']}", authorization=ann.authorization)
        after = {introspected(front, made.json["token"]).body for _ in range(4)}

        assert (made.status, gone.status) == (201, 200)
        assert (before, after) == ({True}, {b'{"active":false}'})


def test_events_come_through_nginx_when_they_happen(front: Front) -> None:
    """The stream is not held up in a buffer: a revocation is read while the connection stays open."""
    ann = front.cluster.replicas[0].administrator
    made = ann.create()
    stream = http.client.HTTPConnection("127.0.0.1", front.port, timeout=SOON)
    stream.request("GET", "/v1/revocations", headers={"Accept": "text/event-stream"})
    answer = stream.getresponse()
    first = answer.readline()

    ann.call("DELETE", f"{TOKENS}/{made['id']}")
    lines = [first]
    while not (
        lines[-1].startswith(b"data:") and b'"lists"' in lines[-1] and lines[-2].startswith(b"event: change")
    ):
        lines.append(answer.readline())
        assert lines[-1], lines
    stream.close()

    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("text/event-stream")


def test_what_is_too_much_stops_at_nginx(front: Front) -> None:
    """A body of megabytes, a header without end, and the numbers of the inside."""
    huge = exchange(
        front.port,
        b"POST /v1/session HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2000000\r\n"
        b"Content-Type: application/json\r\nConnection: close\r\n\r\n",
    )
    long = exchange(
        front.port, b"GET /livez HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 20_000 + b"\r\n\r\n"
    )

    assert huge.status == 413
    assert long.status == 400
    assert front.call("GET", "/metrics").status == 404


class Spy(http.server.BaseHTTPRequestHandler):
    """A service that remembers what it was sent."""

    seen: ClassVar[list[dict[str, str]]] = []

    def do_GET(self) -> None:
        self.seen.append(dict(self.headers))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing."""


def test_the_address_that_counts_is_the_one_nginx_saw(leash: Leash) -> None:
    """Whoever writes X-Forwarded-For into a request is still who they are: the header is overwritten."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Spy) as spy:
        threading.Thread(target=spy.serve_forever, daemon=True).start()
        port = free_port()
        with running_nginx(leash, port, [spy.server_port] * 2):
            forged = {"X-Forwarded-For": "10.9.8.7", "X-Forwarded-Proto": "https"}
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SOON)
            connection.request("GET", "/spied", headers=forged)
            status = connection.getresponse().status
            connection.close()
        spy.shutdown()

    assert status == 200
    assert Spy.seen[-1]["X-Forwarded-For"] == "127.0.0.1"
    assert Spy.seen[-1]["X-Forwarded-Proto"] == "http"


def is_asked(replica: Replica) -> bool:
    """Whether nginx sends it requests again, by its own count since it began."""
    counts = replica.call("GET", "/metrics").body.decode()
    return any('route="/v1/me"' in line and "_total" in line for line in counts.splitlines())


def test_a_rolling_restart_behind_nginx_fails_no_request(front: Front) -> None:
    """R64: one replica after the other stops in order and comes back; reads and introspections never notice."""
    ann = front.cluster.replicas[0].administrator
    token = ann.create()["token"]
    over, answers = threading.Event(), []

    def ask(number: int) -> None:
        while not over.is_set():
            if number % 2:
                answers.append(front.call("GET", "/v1/me", authorization=ann.authorization).status)
            else:
                answers.append(introspected(front, token).status)

    with ThreadPoolExecutor(4) as pool:
        asking = [pool.submit(ask, number) for number in range(4)]
        try:
            for replica in front.cluster.replicas:
                replica.stop()
                replica.start()
                assert wait_until(lambda replica=replica: is_asked(replica), within=SOON)
        finally:
            over.set()
        for each in asking:
            each.result(SOON)

    assert len(answers) > 50
    assert set(answers) == {200}, json.dumps(answers[-20:])
