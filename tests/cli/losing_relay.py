"""A relay to a service that loses answers: what it was asked is done, and nobody hears of it."""

import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit


class LosingRelay(socketserver.ThreadingTCPServer):
    """Listens on `port`; loses the next `to_lose` answers to calls that begin with `call`."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, target: str) -> None:
        super().__init__(("127.0.0.1", 0), _Relay)
        self.target = urlsplit(target).port
        self.port = self.server_address[1]
        self.call, self.to_lose = b"", 0

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    def loses(self, request: bytes) -> bool:
        lost = self.to_lose > 0 and request.startswith(self.call)
        self.to_lose -= lost
        return lost


class _Relay(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        with socket.create_connection(("127.0.0.1", self.server.target), timeout=30) as service:
            request = self.request.recv(65_536)
            lost = self.server.loses(request)
            service.sendall(request)
            threading.Thread(target=self._send_on, args=(service,), daemon=True).start()
            while answer := service.recv(65_536):
                if lost:
                    return
                self.request.sendall(answer)

    def _send_on(self, service: socket.socket) -> None:
        with suppress(OSError):
            while more := self.request.recv(65_536):
                service.sendall(more)


@contextmanager
def losing_relay(target: str) -> Iterator[LosingRelay]:
    with LosingRelay(target) as relay:
        thread = threading.Thread(target=relay.serve_forever)
        thread.start()
        try:
            yield relay
        finally:
            relay.shutdown()
            thread.join()
