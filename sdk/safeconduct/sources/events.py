"""The issuer's event stream (Server-Sent Events): a revocation arrives in milliseconds, by HTTP alone."""

import contextlib
import http.client
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from typing import Any, Final

from safeconduct.effective_time import Moment
from safeconduct.errors import InvalidStatusList
from safeconduct.profiles import in_words
from safeconduct.source import Question
from safeconduct.sources.lists import LISTS_BYTES
from safeconduct.sources.pushed_lists import Position, PushedLists, read_change, whole
from safeconduct.standard_http import open_connection, target
from safeconduct.strict_json import read_object
from safeconduct.transport import basic
from safeconduct.want import Want

SILENCE: Final = 15.0
"""Seconds without a byte, after which a stream is dead; a heartbeat comes every 5."""

_LONGEST_EVENT = 4 * 1024 * 1024  # characters
_PAUSES = (1.0, 2.0, 5.0, 10.0, 30.0)  # seconds before the next attempt


class _Gap(Exception):
    """Something was missed, or cannot be read: what the stream shows is to be told anew."""


class EventStream(PushedLists):
    """Signed lists, kept current by `GET /v1/revocations` in a thread of its own.

    Credentials are those of a client of the issuer's; without them the places are fewer.
    """

    def __init__(
        self,
        client_id: str | None = None,
        client_secret: str = "",
        *,
        max_bytes: int = LISTS_BYTES,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        super().__init__(max_bytes=max_bytes)
        self._authorization = None if client_id is None else basic(client_id, client_secret)
        self._ssl_context = ssl_context
        self._thread: threading.Thread | None = None
        self._stopped = threading.Event()
        self._last_event_id: str | None = None
        self._socket: socket.socket | None = None

    def status(self, question: Question, moment: Moment) -> int:
        """Raises as SignedLists does."""
        if self._thread is None:
            self._start(moment)
        return super().status(question, moment)

    def due(self, moment: Moment) -> Iterator[Want]:
        if self._thread is not None and not self._thread.is_alive() and not self._stopped.is_set():
            self._start(moment)  # it is gone where the process was forked
        yield from super().due(moment)

    def close(self) -> None:
        self._stopped.set()
        with contextlib.suppress(OSError):  # it may be closed already
            if self._socket is not None:
                self._socket.shutdown(socket.SHUT_RDWR)
        if self._thread is not None:
            self._thread.join(SILENCE)

    def bound(self) -> str:
        return f"event stream: within a second; when it is silent for {in_words(SILENCE)}, {super().bound()}"

    def _start(self, moment: Moment) -> None:
        address = self._issuer.metadata(moment).events
        if address is not None:
            self._thread = threading.Thread(
                target=self._follow, args=(address,), name="safeconduct-events", daemon=True
            )
            self._thread.start()

    def _follow(self, address: str) -> None:
        attempts = 0
        while not self._stopped.is_set():
            try:
                for event, data in self._events(address):
                    self._heed(event, data)
                    attempts = 0
                    if self._stopped.is_set():
                        return
            except _Gap:
                self._last_event_id = None
            except (OSError, http.client.HTTPException, ValueError):
                pass
            self.lost()
            self._stopped.wait(_PAUSES[min(attempts, len(_PAUSES) - 1)])
            attempts += 1

    def _events(self, address: str) -> Iterator[tuple[str, str]]:
        connection = open_connection(address, SILENCE, self._ssl_context)
        try:
            connection.connect()
            self._socket = connection.sock
            connection.request("GET", target(address), headers=self._headers())
            response = connection.getresponse()
            if response.status != 200 or response.headers.get_content_type() != "text/event-stream":
                raise ValueError(f"answered {response.status}")
            yield from self._read(response)
        finally:
            connection.close()

    def _headers(self) -> dict[str, str]:
        optional = {"Authorization": self._authorization, "Last-Event-ID": self._last_event_id}
        present = {name: value for name, value in optional.items() if value is not None}
        return {"Accept": "text/event-stream", "Accept-Encoding": "identity", **present}

    def _read(self, response: http.client.HTTPResponse) -> Iterator[tuple[str, str]]:
        """Each event and its data (HTML Living Standard section 9.2.6). Raises _Gap for one that does not end."""
        event, data, identifier = "", "", None
        while line := response.readline(_LONGEST_EVENT):
            if len(data) + len(line) > _LONGEST_EVENT:
                raise _Gap
            field, _, value = line.decode("utf-8").rstrip("\r\n").partition(":")
            value = value.removeprefix(" ")
            if field == "event":
                event = value
            elif field == "data":
                data += value
            elif field == "id":
                identifier = value
            elif not field and not value:
                if data:
                    yield event, data
                    self._last_event_id = identifier or self._last_event_id
                event, data = "", ""

    def _heed(self, event: str, data: str) -> None:
        """Raises _Gap."""
        try:
            document = read_object(data.encode("utf-8"))
            if event == "change" and not self.change(read_change(document)):
                raise _Gap
            if event == "heartbeat" and _position(document) != self._position:
                raise _Gap
            if event == "resync":
                self.resync(_position(document), _versions(document))
            if event in {"resync", "heartbeat"}:
                self.confirm(whole(document.get("as_of")))
        except (ValueError, InvalidStatusList) as error:
            raise _Gap from error


def _position(document: Mapping[str, Any]) -> Position:
    return whole(document.get("epoch")), whole(document.get("revision"))


def _versions(document: Mapping[str, Any]) -> dict[str, int]:
    lists = document.get("lists")
    if not isinstance(lists, dict):
        raise ValueError("lists are missing")  # noqa: TRY004 - callers get one kind of error
    return {name: whole(version) for name, version in lists.items()}
