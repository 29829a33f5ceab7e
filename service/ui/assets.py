"""Styles, scripts and pictures: read once, named by their content, cached for ever."""

import gzip
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aiohttp import hdrs, web

FOLDER: Final = Path(__file__).parent / "static"
ROUTE: Final = "/assets/{name}"
_TYPES: Final = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webp": "image/webp",
}
_IMPORT: Final = re.compile(r'(from|import) "\./([a-z_]+\.js)"')
_FOR_EVER: Final = "public, max-age=31536000, immutable"
_SMALL: Final = 256


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is sent; `zipped` is empty where zipping would not pay."""

    body: bytes
    content_type: str
    zipped: bytes


class AssetMissing(Exception):
    """A template or a script names a file that is not there."""


class Assets:
    """Every file under `folder` by the name it is served as: `tokens.0123456789ab.js`.

    `replaced` gives files another content, or adds some: the operator's accent and logo.
    """

    def __init__(self, folder: Path = FOLDER, *, replaced: Mapping[str, bytes] | None = None) -> None:
        self._sources = {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
        self._sources |= replaced or {}
        self._served: dict[str, str] = {}
        self._assets: dict[str, Asset] = {}
        for name in self._sources:
            self._serve(name)

    def served_name(self, name: str) -> str:
        """What a page calls the file. Raises AssetMissing."""
        try:
            return self._served[name]
        except KeyError:
            raise AssetMissing(name) from None

    def find(self, served: str) -> Asset | None:
        return self._assets.get(served)

    def _serve(self, name: str) -> str:
        """A script is named after the scripts it imports: their names are a part of its content."""
        if name in self._served:
            return self._served[name]
        if name not in self._sources:
            raise AssetMissing(name)
        body, suffix = self._sources[name], Path(name).suffix
        if suffix == ".js":
            body = _IMPORT.sub(lambda each: f'{each[1]} "./{self._serve(each[2])}"', body.decode()).encode()
        digest = hashlib.sha256(body).hexdigest()[:12]
        served = self._served[name] = f"{Path(name).stem}.{digest}{suffix}"
        zipped = gzip.compress(body, 9, mtime=0) if len(body) > _SMALL and suffix != ".png" else b""
        self._assets[served] = Asset(body, _TYPES[suffix], zipped)
        return served


ASSETS: web.AppKey[Assets] = web.AppKey("assets", Assets)


async def serve_asset(request: web.Request) -> web.Response:
    """One file, for ever: whoever changes it changes its name."""
    asset = request.app[ASSETS].find(request.match_info["name"])
    if asset is None:
        raise web.HTTPNotFound
    headers = {hdrs.CONTENT_TYPE: f"{asset.content_type}; charset=utf-8", hdrs.CACHE_CONTROL: _FOR_EVER}
    if not asset.zipped:
        return web.Response(body=asset.body, headers=headers)
    headers[hdrs.VARY] = "Accept-Encoding"
    if "gzip" not in request.headers.get(hdrs.ACCEPT_ENCODING, ""):
        return web.Response(body=asset.body, headers=headers)
    return web.Response(body=asset.zipped, headers={**headers, hdrs.CONTENT_ENCODING: "gzip"})
