from collections.abc import Mapping

import msgspec
from aiohttp import web


def json_answer(
    document: object, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> web.Response:
    """The document as JSON."""
    return web.Response(
        body=msgspec.json.encode(document),
        status=status,
        headers={**(headers or {}), "Content-Type": "application/json"},
    )


def no_content() -> web.Response:
    return web.Response(status=204)
