"""`GET /v1/revocations`: every change of a status list, pushed (HTML, section 9.2: Server-sent events)."""

import json
import socket
from contextlib import aclosing, suppress
from functools import lru_cache
from typing import Annotated, Any, Final

import msgspec
from aiohttp import ClientConnectionError, HttpVersion11, web
from msgspec import UNSET, UnsetType

from service.api.client_authentication import client_of_header
from service.api.contract import Sent, contract
from service.application.revocation_streams import Event, Heartbeat, Resync
from service.domain.client import Client
from service.domain.errors import Busy, NoPlace, NotSignedIn
from service.domain.principal import ResourceServer
from service.domain.publication import BEFORE_ALL, Change, Position, Standing
from service.web.appkeys import PRINCIPAL, SERVICES
from service.web.client_address import caller_address
from service.web.refusals import SeveralCredentials
from service.web.server import Connection

MEDIA_TYPE: Final = "text/event-stream"

_UNREAD: Final = 65_536
_RECONNECT: Final = b"retry: 2000\n\n"
_HEADERS: Final = {
    "Content-Type": MEDIA_TYPE,
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",  # nginx would hold events back
    "Access-Control-Allow-Origin": "*",
}


class Resumption(msgspec.Struct, kw_only=True):
    """The `id` of the last event that was seen: epoch and revision."""

    last_event_id: str | UnsetType = msgspec.field(name="Last-Event-ID", default=UNSET)


@contract(headers=Resumption, raises=(Busy, NoPlace))
async def revocation_stream(
    request: web.Request,
) -> Annotated[web.StreamResponse, Sent(media_type=MEDIA_TYPE, schema=str)]:
    """Events from the position in `Last-Event-ID` on, until either side ends it."""
    services = request.app[SERVICES]
    client = _client(request)
    if client is None and not services.settings.revocation_stream_public:
        raise NotSignedIn("only clients may follow the revocations")
    streams = services.publication.streams
    with streams.place(client, caller_address(request, services.settings)):
        async with aclosing(streams.events(_position(request), _Reader(request))) as events:
            first = await anext(events)
            response = web.StreamResponse(headers=_HEADERS)
            _bound_memory(request)
            if isinstance(connection := request.protocol, Connection):
                connection.leave_ceiling()
            await response.prepare(request)
            if request.method == "HEAD":
                return response
            with suppress(ConnectionResetError, ClientConnectionError):  # the reader has gone
                await response.write(_RECONNECT + _encoded(first))
                async for event in events:
                    await response.write(_encoded(event))
                    await request.writer.drain()
    response.force_close()
    return response


class _Reader:
    """One connection: events go into it in one write, made once for all readers."""

    def __init__(self, request: web.Request) -> None:
        self._request = request
        self._chunked = request.version >= HttpVersion11

    def take(self, events: tuple[Event, ...]) -> bool:
        connection, transport = self._request.protocol, self._request.transport
        if transport is None or transport.is_closing():
            return False
        if not isinstance(connection, Connection) or connection.is_stalled:
            return False
        octets = _together(events, chunked=self._chunked)
        transport.write(octets)
        self._request.writer.output_size += len(octets)
        return True


def _bound_memory(request: web.Request) -> None:
    """Let the system hold no more for a reader who does not read than this process does: it would take megabytes."""
    if request.transport is not None and (raw := request.transport.get_extra_info("socket")) is not None:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _UNREAD)


def _position(request: web.Request) -> Position:
    return Position.parse(request.headers.get("Last-Event-ID", "")) or BEFORE_ALL


def _client(request: web.Request) -> Client | None:
    """The client that shows its credentials; None where nobody shows any.

    Raises:
        SeveralCredentials: two of them.
        NotSignedIn: they are nobody's.
    """
    headers = request.headers.getall("Authorization", ())
    if not headers:
        return None
    if len(headers) > 1:
        raise SeveralCredentials("one credential at a time")
    client = client_of_header(headers[0], request.app[SERVICES].clients.proofs)
    if client is None:
        raise NotSignedIn("no client has these credentials")
    request[PRINCIPAL] = ResourceServer(client)
    return client


@lru_cache(maxsize=2)
def _together(events: tuple[Event, ...], *, chunked: bool) -> bytes:
    """With `chunked`, as one chunk (RFC 9112, section 7.1)."""
    octets = b"".join(map(_encoded, events))
    return b"%x\r\n%b\r\n" % (len(octets), octets) if chunked else octets


def _encoded(event: Event) -> bytes:
    match event:
        case Change(position, body):
            return _frame("change", position, body)
        case Resync(standing):
            return _frame("resync", standing.position, _json(standing, lists=standing.lists))
        case Heartbeat(standing):
            return _frame("heartbeat", standing.position, _json(standing))


def _json(standing: Standing, **members: Any) -> str:
    epoch, revision = standing.position
    document = {"epoch": epoch, "revision": revision, "as_of": standing.as_of, **members}
    return json.dumps(document, separators=(",", ":"))


def _frame(name: str, position: Position, body: str) -> bytes:
    return f"id: {position}\nevent: {name}\ndata: {body}\n\n".encode()
