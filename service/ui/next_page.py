"""Where to go on after signing in: a page of ours, never anywhere else (S31)."""

import re
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web

START: Final = "/"
_LOCAL: Final = re.compile(r"/(?:[A-Za-z0-9_~-][A-Za-z0-9_./~-]*)?(?:\?[A-Za-z0-9_.~%&=:+,;@!*'()/-]*)?")
_LONGEST: Final = 2_000


def safe_next(text: str) -> str:
    """`text` if it is a path below the issuer's, else the start page."""
    if len(text) > _LONGEST or not _LOCAL.fullmatch(text) or "//" in text.partition("?")[0]:
        return START
    parts = urlsplit(text)
    return START if parts.scheme or parts.netloc or "/../" in f"{parts.path}/" else text


def this_page(request: web.Request, issuer_path: str) -> str:
    """The page that is being asked for, to come back to."""
    return (
        safe_next(request.rel_url.raw_path_qs.removeprefix(issuer_path)) if request.method == "GET" else START
    )
