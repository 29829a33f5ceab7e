"""How much of a request is read, and for how long: aiohttp alone would wait for a partial body for ever (R61)."""

import asyncio
from typing import Final

from aiohttp import hdrs, web
from aiohttp.http_exceptions import BadHttpMessage

from service.web.refusals import (
    AmbiguousFraming,
    BodyTooLarge,
    BodyTooSlow,
    MalformedRequest,
    UnsupportedMediaType,
)

LONGEST_LINE: Final = 8_190
"""Bytes of the longest request line or header field."""
MOST_HEADERS: Final = 64
LINGERING: Final = 2.0
"""Seconds for which the rest of a refused body is read, so that the refusal can arrive."""

_FRAMINGS: Final[tuple[list[str], ...]] = ([], ["chunked"])


async def receive_body(request: web.Request, *, longest: int, within: float) -> None:
    """Wait for the body, so that `request.read()` answers from memory.

    Raises:
        BodyTooLarge: more than `longest` bytes, declared or sent.
        BodyTooSlow: not whole `within` seconds.
        UnsupportedMediaType: a content coding; a small body needs none, a large one could be a bomb.
        AmbiguousFraming: a transfer coding other than one `chunked`; aiohttp's Python parser takes two of them.
        MalformedRequest: broken chunks.
    """
    if [coding.lower() for coding in request.headers.getall(hdrs.TRANSFER_ENCODING, ())] not in _FRAMINGS:
        raise AmbiguousFraming("send the body with Content-Length, or chunked once")
    if hdrs.CONTENT_ENCODING in request.headers:
        raise UnsupportedMediaType("send the body without Content-Encoding")
    if not request.content.is_eof():
        await _arrive(request, longest, within)
    if request.content.total_bytes > longest:
        raise BodyTooLarge(f"at most {longest} bytes")


async def _arrive(request: web.Request, longest: int, within: float) -> None:
    if (request.content_length or 0) > longest:
        raise BodyTooLarge(f"at most {longest} bytes")
    request._client_max_size = longest  # noqa: SLF001 - what aiohttp holds against every chunk; it has one for all routes
    try:
        async with asyncio.timeout(within):
            await request.read()
    except TimeoutError:
        raise BodyTooSlow(f"it must arrive within {within:g} seconds") from None
    except web.HTTPRequestEntityTooLarge:
        raise BodyTooLarge(f"at most {longest} bytes") from None
    except (BadHttpMessage, web.RequestPayloadError):
        raise MalformedRequest("the body's transfer coding is broken") from None
