"""A service that dies while it tells somebody: told again under the same id, never not at all."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.lab.replica import TOKENS, running_replica
from tests.servers.leash import Leash, wait_until

PATIENCE = 60


@dataclass
class Hook:
    """What arrived, by its id; `before_answer` runs while the sender waits."""

    url: str = ""
    ids: list[str] = field(default_factory=list)
    before_answer: Callable[[], Any] = lambda: None


@contextmanager
def hook() -> Iterator[Hook]:
    made = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            made.ids.append(self.headers["webhook-id"])
            made.before_answer()
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_words: object) -> None:
            """Silently."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_address[1]}/"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_kill_between_sending_and_noting_it_makes_a_double_and_no_gap(leash: Leash) -> None:
    """SIGKILL while the receiver has it and the sender does not know: the same id once more, then no more (F3)."""
    with hook() as receiver, running_replica(leash, WEBHOOK_NETWORKS="127.0.0.0/8") as replica:
        root = replica.administrator
        body = {"name": "watch", "url": receiver.url}
        assert root.call("POST", "/v1/admin/webhooks", json_body=body).status == 201
        ben = root.invite("ben")
        token = ben.create()
        receiver.before_answer = replica.kill9

        root.call("DELETE", f"/v1/admin/tokens/{token['id']}")
        assert wait_until(lambda: replica.pid is None and bool(receiver.ids), within=PATIENCE)
        receiver.before_answer = lambda: None
        database = replica.deployment.folder / "safeconduct.db"
        with closing(sqlite3.connect(database)) as connection, connection:
            [(claimed,)] = connection.execute("SELECT count(*) FROM delivery WHERE finished_at IS NULL")
            connection.execute("UPDATE delivery SET due_at = 0")  # as if its lease had run out
        replica.start()

        assert claimed == 1
        assert wait_until(lambda: len(receiver.ids) == 2, within=PATIENCE)
        assert len(set(receiver.ids)) == 1
        path = f"/v1/admin/webhooks/{root.call('GET', '/v1/admin/webhooks').json[0]['id']}/deliveries"
        assert wait_until(
            lambda: [each["state"] for each in root.call("GET", path).json] == ["delivered"], within=PATIENCE
        )
        assert root.call("GET", f"{TOKENS}?state=revoked").status == 200
    assert len(receiver.ids) == 2
