"""HTTP by aiohttp, for verifiers that await: no threads, and connections that are kept (extra `aiohttp`)."""

import asyncio
import ssl

import aiohttp
from aiohttp import hdrs

from safeconduct.transport import TIMEOUT, Request, Response, TransportFailed, origin


class AiohttpTransport:
    """`timeout` is seconds for a whole exchange; `ssl_context` replaces the system's authorities."""

    def __init__(self, *, timeout: float = TIMEOUT, ssl_context: ssl.SSLContext | None = None) -> None:
        self._timeout = timeout
        self._ssl_context = ssl_context
        self._session: aiohttp.ClientSession | None = None

    async def send(self, request: Request) -> Response:
        """One exchange. Raises TransportFailed."""
        try:
            origin(request.url)
            async with asyncio.timeout(self._timeout):
                return await self._exchange(request)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise TransportFailed(f"{type(error).__name__}: {error}") from error

    async def aclose(self) -> None:
        """Close the kept connections; the next exchange opens new ones."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _exchange(self, request: Request) -> Response:
        if self._session is None:
            self._session = aiohttp.ClientSession(auto_decompress=False, cookie_jar=aiohttp.DummyCookieJar())
        method = "GET" if request.body is None else "POST"
        async with self._session.request(
            method,
            request.url,
            data=request.body,
            headers=request.headers(),
            allow_redirects=False,
            ssl=True if self._ssl_context is None else self._ssl_context,
        ) as response:
            if response.content_length is not None and response.content_length > request.limit:
                raise TransportFailed(f"announced more than {request.limit} bytes")
            body = b""
            async for chunk in response.content.iter_any():
                body += chunk
                if len(body) > request.limit:
                    raise TransportFailed(f"answered more than {request.limit} bytes")
            headers = response.headers
            return Response(
                response.status,
                body,
                headers.get(hdrs.CONTENT_TYPE, "").partition(";")[0].strip().lower(),
                headers.get(hdrs.ETAG),
                headers.get(hdrs.CONTENT_ENCODING, "").lower(),
            )
