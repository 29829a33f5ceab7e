"""Answers that are the same for everybody: cacheable, with an entity tag, readable by any page (CORS)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final

from aiohttp import web

from service.api.accept import takes_gzip
from service.api.contract import Sent

UNCHANGED: Final = Sent(status=304)
"""For whoever has the document already (`If-None-Match`)."""

FOR_ANY_ORIGIN: Final = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "ETag"}
"""No credential is ever read on these routes, so any origin may read their answers (attack 84)."""

_PREFLIGHT: Final = {
    **FOR_ANY_ORIGIN,
    "Access-Control-Allow-Methods": "GET, HEAD",
    "Access-Control-Allow-Headers": "*",
    "Access-Control-Max-Age": "86400",
}
_ENTITY_TAG = re.compile(r'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicDocument:
    """Bytes with their media type and strong entity tag, quotes included; `max_age` in seconds.

    Where there is a `gzipped` form, whoever takes that encoding gets it, under a tag of its own.
    """

    body: bytes
    etag: str
    content_type: str
    max_age: int
    gzipped: bytes | None = None


def answer(
    request: web.Request, document: PublicDocument, headers: Mapping[str, str] | None = None
) -> web.Response:
    """The document, or 304 if the caller has it (RFC 9110 section 13.1.2). aiohttp knows HEAD by itself."""
    body, etag, encoding = document.body, document.etag, {}
    if document.gzipped is not None and takes_gzip(request):
        body, etag, encoding = document.gzipped, _gzip_tag(etag), {"Content-Encoding": "gzip"}
    shared = {
        **FOR_ANY_ORIGIN,
        **(headers or {}),
        "Cache-Control": f"public, max-age={document.max_age}",
        "ETag": etag,
    }
    if _has(request, etag):
        return web.Response(status=304, headers=shared)
    return web.Response(body=body, headers={**shared, **encoding, "Content-Type": document.content_type})


async def preflight(_request: web.Request) -> Annotated[web.Response, Sent(status=204)]:
    """What a browser asks before a request with headers of its own (Fetch section 4.8)."""
    return web.Response(status=204, headers=_PREFLIGHT)


def _gzip_tag(etag: str) -> str:
    return f'{etag[:-1]}-gzip"'


def _has(request: web.Request, etag: str) -> bool:
    """Whether If-None-Match names this tag, compared weakly, or any."""
    named = ", ".join(request.headers.getall("If-None-Match", ()))
    return named.strip() == "*" or etag in _ENTITY_TAG.findall(named)
