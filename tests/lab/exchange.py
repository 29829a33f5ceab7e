"""One HTTP request on a connection of its own, and every byte that comes back, whatever becomes of the server."""

import base64
import json
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode


@dataclass(frozen=True)
class Answer:
    """`raw` is all that came back, also of an answer that was cut short; `seconds` how long that took."""

    raw: bytes
    seconds: float

    @property
    def is_whole(self) -> bool:
        """Whether a client would take it for an answer."""
        _, found, body = self.raw.partition(b"\r\n\r\n")
        return bool(found) and len(body) == int(self.header("content-length", "0"))

    @property
    def status(self) -> int:
        """0 where there is no answer."""
        return int(self.raw.split(b" ", 2)[1]) if self.is_whole else 0

    @property
    def body(self) -> bytes:
        return self.raw.partition(b"\r\n\r\n")[2]

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The problem's stable code, or the OAuth error."""
        document = self.json
        return document.get("code") or document.get("error")

    def header(self, name: str, otherwise: str = "") -> str:
        lines = self.raw.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")[1:]
        fields = dict(line.split(": ", 1) for line in lines)
        return {field.lower(): value for field, value in fields.items()}.get(name.lower(), otherwise)


def request_bytes(
    method: str,
    path: str,
    *,
    authorization: str | None = None,
    json_body: object = None,
    form: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> bytes:
    """A request after whose answer the server closes."""
    body, kind = b"", ""
    if json_body is not None:
        body, kind = json.dumps(json_body).encode(), "application/json"
    elif form is not None:
        body, kind = urlencode(form).encode(), "application/x-www-form-urlencoded"
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if authorization is not None:
        lines.append(f"Authorization: {authorization}")
    if kind:
        lines += [f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


def exchange(port: int, request: bytes, *, within: float = 30) -> Answer:
    """Send *request* and read until the server closes, or is gone; nothing at all where nobody listens.

    Raises:
        TimeoutError: it is still silent after *within* seconds.
    """
    began, raw = time.monotonic(), b""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=within) as connection:
            connection.sendall(request)
            while octets := connection.recv(65_536):
                raw += octets
    except ConnectionError:
        pass  # what had come by then is all there is
    return Answer(raw, time.monotonic() - began)


def basic(name: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()
