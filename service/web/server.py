"""The listening side: aiohttp's server with our limits, and without its error page that repeats what was sent."""

import asyncio
import secrets
from collections.abc import Collection
from typing import Any, Final

import structlog
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError, LineTooLong

from service.web.appkeys import ERRORS, SERVICES, UNROUTED
from service.web.client_address import read_networks
from service.web.connections import REFUSAL, THIS_MACHINE, ConnectionCeilings, Network
from service.web.error_answers import ErrorAnswers
from service.web.headers import security_headers
from service.web.limits import LINGERING, LONGEST_LINE, MOST_HEADERS

log = structlog.get_logger("web")

_STALLED: Final = 30.0
"""Seconds for which a client may leave an answer unread before its connection is cut (R61)."""
_DRAIN: Final = 1.0
"""Seconds between saying "not ready" and no longer listening (R64)."""


class Connection(web.RequestHandler):
    """One client's connection."""

    __slots__ = ("_answers", "_ceilings", "_counted", "_headers", "_is_counted", "_stalled")

    def __init__(
        self,
        manager: web.Server,
        *,
        answers: ErrorAnswers,
        ceilings: ConnectionCeilings,
        secure: bool,
        **options: Any,
    ) -> None:
        super().__init__(manager, **options)
        self._answers = answers
        self._ceilings = ceilings
        self._counted: str | None = None
        self._is_counted = False
        self._headers = security_headers(secure=secure)
        self._stalled: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        peer = transport.get_extra_info("peername")
        self._counted = self._ceilings.enter(peer[0] if isinstance(peer, tuple) else None)
        self._is_counted = self._counted is not None
        if self._is_counted:
            super().connection_made(transport)
        elif isinstance(transport, asyncio.Transport):
            transport.write(REFUSAL)
            transport.close()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002 - it quotes the request, a token perhaps
    ) -> web.StreamResponse:
        """Answer and log what could not even be parsed, or what broke outside the middleware, without a word
        of the request.
        """
        if request.writer.output_size > 0:
            raise ConnectionError("a part of the answer has gone already")
        if isinstance(exc, HttpProcessingError):
            status = 431 if isinstance(exc, LineTooLong) else status
            log.info("unreadable_request", status=status, kind=type(exc).__name__)
        else:
            log.error("unhandled", status=status, exc_info=exc)
        response = self._answers.of_status(status, None, secrets.token_hex(16))
        response.headers.update(self._headers)
        response.force_close()
        return response

    @property
    def is_stalled(self) -> bool:
        """Whether the client leaves unread what was written."""
        return self._stalled is not None

    def pause_writing(self) -> None:
        super().pause_writing()
        self._stalled = self._loop.call_later(_STALLED, self._cut, self.transport)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None

    def connection_lost(self, exc: BaseException | None) -> None:
        if self._stalled is not None:
            self._stalled.cancel()
        if self._counted is not None:
            self.leave_ceiling()
            super().connection_lost(exc)

    def leave_ceiling(self) -> None:
        """Count no longer among the connections: a stream without end has a place of its own instead (R60)."""
        if self._is_counted and self._counted is not None:
            self._ceilings.leave(self._counted)
            self._is_counted = False

    def force_close(self) -> None:
        """Close; what the client has not read by then is not kept for it for ever."""
        transport = self.transport
        super().force_close()
        if transport is not None and transport.get_write_buffer_size():
            self._loop.call_later(_STALLED, self._cut, transport)

    @staticmethod
    def _cut(transport: asyncio.Transport | None) -> None:
        if transport is not None:
            transport.abort()


class _Listener(web.Server):
    """Makes a Connection for each client."""

    def __init__(self, handler: Any, *, request_factory: Any, **options: Any) -> None:
        super().__init__(handler, request_factory=request_factory)
        self._options = options

    def __call__(self) -> web.RequestHandler:
        return Connection(self, loop=self._loop, **self._options)


class Runner(web.AppRunner):
    """aiohttp's runner with our connections."""

    def __init__(
        self, app: web.Application, *, uncounted: Collection[Network] = THIS_MACHINE, **options: Any
    ) -> None:
        super().__init__(app, **options)
        settings = app[SERVICES].settings
        self._ceilings = ConnectionCeilings(
            at_once=settings.connections_at_once,
            per_address=settings.connections_per_address,
            uncounted=(*uncounted, *read_networks(settings.trusted_proxies)),
        )

    async def _make_server(self) -> web.Server:
        made = await super()._make_server()
        settings, unrouted = self.app[SERVICES].settings, self.app[UNROUTED]

        async def handle(request: web.BaseRequest) -> web.StreamResponse:
            try:
                return await made.request_handler(request)
            except web.HTTPException as refused:
                return unrouted(request, refused)

        return _Listener(
            handle,
            request_factory=made.request_factory,
            answers=self.app[ERRORS],
            ceilings=self._ceilings,
            secure=settings.secure,
            keepalive_timeout=settings.keepalive_timeout,
            max_line_size=LONGEST_LINE,
            max_field_size=LONGEST_LINE,
            max_headers=MOST_HEADERS,
            lingering_time=LINGERING,
            auto_decompress=False,
            access_log=None,
        )


class Server:
    """The application on its address, or `at` another (host, port), until it is told to stop.

    Of `uncounted` networks, and of trusted proxies, any number of connections is taken up to the process's ceiling.
    With `shares_port` other processes that say so too may listen at the same address (SO_REUSEPORT).
    """

    def __init__(
        self,
        app: web.Application,
        *,
        uncounted: Collection[Network] = THIS_MACHINE,
        shares_port: bool = False,
        at: tuple[str, int] | None = None,
    ) -> None:
        self._app = app
        self._shares_port = shares_port
        settings = app[SERVICES].settings
        self._place = at or (settings.host, settings.port)
        self._runner = Runner(app, uncounted=uncounted, shutdown_timeout=settings.shutdown_timeout)

    async def start(self) -> None:
        """Listen. Raises RouteUndeclared, or OSError when the address is taken."""
        await self._runner.setup()
        await web.TCPSite(self._runner, *self._place, reuse_port=self._shares_port or None).start()

    @property
    def port(self) -> int:
        """Where it listens, also when the setting left the choice to the system."""
        return int(self._runner.addresses[0][1])

    async def stop(self, *, drain: float = _DRAIN) -> None:
        """Say "not ready" and close idle connections after their next answer for `drain` seconds, then stop
        listening and let what runs finish within `shutdown_timeout`.
        """
        self._app[SERVICES].readiness.stopping = True
        await asyncio.sleep(drain)
        await self._runner.cleanup()
