"""A reader of `GET /v1/revocations` that notes when each event came, and comes back when its connection ends."""

import contextlib
import http.client
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Event:
    """`at` is by the monotonic clock."""

    at: float
    id: str
    name: str
    data: Any


class StreamReader:
    """Follows one replica in a thread of its own until it is closed."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.events: list[Event] = []
        self.last = ""
        self._closed = False
        self._connection: http.client.HTTPConnection | None = None
        self._thread = threading.Thread(target=self._follow, name="stream", daemon=True)
        self._thread.start()

    @property
    def changes(self) -> list[Event]:
        return [event for event in self.events if event.name == "change"]

    def refused(self) -> dict[tuple[str, int], float]:
        """When each entry was first said to refuse: by list and index."""
        times: dict[tuple[str, int], float] = {}
        for event in self.changes:
            for list_id, entries in event.data["lists"].items():
                for idx, status in entries:
                    if status:
                        times.setdefault((list_id, idx), event.at)
        return times

    def close(self) -> None:
        self._closed = True
        with contextlib.suppress(AttributeError, OSError):
            self._connection.sock.shutdown(2)
        self._thread.join(30)

    def _follow(self) -> None:
        while not self._closed:
            with contextlib.suppress(OSError, http.client.HTTPException, ValueError):
                self._read()
            time.sleep(0.05)

    def _read(self) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            headers = {"Last-Event-ID": self.last} if self.last else {}
            self._connection.request("GET", "/v1/revocations", headers=headers)
            response, fields = self._connection.getresponse(), {}
            while response.status == 200 and (line := response.readline()):
                name, _, value = line.decode().rstrip("\n").partition(": ")
                if name:
                    fields[name] = value
                elif "data" in fields:
                    self.last = fields["id"]
                    self.events.append(
                        Event(time.monotonic(), fields["id"], fields["event"], json.loads(fields["data"]))
                    )
                    fields = {}
        finally:
            self._connection.close()


@contextlib.contextmanager
def following(*ports: int) -> Iterator[list[StreamReader]]:
    """A reader at each, which has heard of where it stands."""
    readers = [StreamReader(port) for port in ports]
    try:
        yield readers
    finally:
        for reader in readers:
            reader.close()
