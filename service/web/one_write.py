"""An answer in one write, its head made beforehand: for the two calls that are measured against bare aiohttp.

aiohttp builds and serialises the headers of each response anew, which costs more than all of introspection's own
work. What leaves the process is the same bytes; wherever a request is not of the ordinary kind, aiohttp answers it.
"""

from collections.abc import Mapping
from email.utils import formatdate
from typing import Final

from aiohttp import HttpVersion11, web
from aiohttp.abc import AbstractStreamWriter

from service.clock import Clock
from service.web.headers import security_headers

_NOT_STORED: Final = {"Cache-Control": "no-store"}
_JSON: Final = {"Content-Type": "application/json"}


class OneWriteAnswers:
    """Makes answers of 200 that nobody may store; `clock` dates them."""

    def __init__(self, clock: Clock, *, secure: bool) -> None:
        lines = [
            f"{name}: {value}\r\n"
            for name, value in {**_NOT_STORED, **security_headers(secure=secure)}.items()
        ]
        self._lines = "".join(lines)
        self._clock = clock
        self._second = -1
        self._head = b""

    def __call__(self, body: bytes, headers: Mapping[str, str] = _JSON) -> web.StreamResponse:
        """The answer with this body, JSON where nothing else is said.

        Raises:
            ValueError: a header would end its line.
        """
        lines = "".join([f"\r\n{name}: {value}" for name, value in headers.items()])
        if lines.count("\n") > len(headers) or lines.count("\r") > len(headers):
            raise ValueError("a header of several lines")
        return _OneWrite(body, headers, lines.encode("utf-8"), self)

    def head(self) -> bytes:
        """Everything up to the body's length; the same for all answers of one second."""
        now = self._clock()
        if now != self._second:
            date = formatdate(now, usegmt=True)
            self._head = f"HTTP/1.1 200 OK\r\n{self._lines}Date: {date}\r\nContent-Length: ".encode("latin-1")
            self._second = now
        return self._head


class _OneWrite(web.StreamResponse):
    """`_written_to` is where it went in one write; `_instead` is aiohttp's answer where that cannot be."""

    def __init__(self, body: bytes, told: Mapping[str, str], lines: bytes, answers: OneWriteAnswers) -> None:
        super().__init__()
        self._content = body
        self._told = told
        self._lines = lines
        self._answers = answers
        self._written_to: AbstractStreamWriter | None = None
        self._instead: web.Response | None = None

    @property
    def keep_alive(self) -> bool | None:
        return self._instead.keep_alive if self._instead is not None else super().keep_alive is not False

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        """Write it all, unless the connection is to be closed after it, or the answer has no body."""
        if (
            request.version != HttpVersion11
            or request.method == "HEAD"
            or not request.keep_alive
            or super().keep_alive is False
        ):
            return await self._prepare_instead(request)
        if request.transport is None:
            raise ConnectionResetError("the caller has gone")
        length = len(self._content)
        answer = b"%b%d%b\r\n\r\n%b" % (self._answers.head(), length, self._lines, self._content)
        request.transport.write(answer)
        self._written_to = request.writer
        self._written_to.output_size += len(answer)
        return self._written_to

    async def write_eof(self, data: bytes = b"") -> None:
        """Wait while the caller does not read."""
        if self._instead is not None:
            await self._instead.write_eof(data)
        elif self._written_to is not None:
            await self._written_to.drain()

    async def _prepare_instead(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        self._instead = web.Response(body=self._content, headers={**_NOT_STORED, **self._told})
        if super().keep_alive is False:
            self._instead.force_close()
        return await self._instead.prepare(request)
