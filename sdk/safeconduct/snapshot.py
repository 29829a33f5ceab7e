"""What a verifier knows, on disk, so that it starts while its issuer is away (promise R40).

Lists lie there as the issuer signed them and expire as always. Keys have an age and serve no longer than in
memory. The whole is authenticated: by a key that is given, otherwise by the file's owner and mode.
"""

import base64
import hashlib
import hmac
import json
import os
import stat
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from safeconduct.discovery import Metadata
from safeconduct.errors import SafeconductError
from safeconduct.issuer import Issuer
from safeconduct.jwks import KeySet
from safeconduct.source import Source
from safeconduct.strict_json import read_object

EVERY: Final = 30.0
"""Seconds between two writes at least."""

_LARGEST = 64 * 1024 * 1024
_WRITABLE_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH


class Snapshot:
    """`key`: a secret of this API's own, at least 16 bytes, where others may write to the folder."""

    def __init__(self, path: str | Path, *, key: bytes | None = None) -> None:
        self._path = Path(path)
        self._key = key
        self._next_at = float("-inf")

    def due(self, monotonic: float) -> bool:
        """Whether it is time to write again; True only once."""
        if monotonic < self._next_at:
            return False
        self._next_at = monotonic + EVERY
        return True

    def save(self, issuer: Issuer, source: Source) -> None:
        """Write all that is known. A full or read-only disk is no reason to stop verifying."""
        document = _document(issuer, source)
        if document is not None:
            with suppress(OSError):
                _replace(self._path, self._sealed(json.dumps(document).encode()))

    def load(self, issuer: Issuer, source: Source) -> None:
        """Begin with what an earlier process knew; without it where it is missing, damaged or somebody else's."""
        try:
            document = read_object(self._opened())
            if document["issuer"] == issuer.policy.issuer:
                _restore(document, issuer, source)
        except (OSError, SafeconductError, ValueError, KeyError, TypeError):
            return

    def _sealed(self, body: bytes) -> bytes:
        return self._seal(body).encode() + b"\n" + body

    def _opened(self) -> bytes:
        with self._path.open("rb") as file:
            if self._key is None:
                _require_own(os.fstat(file.fileno()))
            seal, _, body = file.read(_LARGEST).partition(b"\n")
        if not hmac.compare_digest(seal, self._seal(body).encode()):
            raise ValueError("the snapshot is damaged")
        return body

    def _seal(self, body: bytes) -> str:
        return hmac.new(self._key or b"", b"safeconduct snapshot 1\n" + body, hashlib.sha256).hexdigest()


def _document(issuer: Issuer, source: Source) -> dict[str, Any] | None:
    """Everything as text; None before there are keys."""
    key_cache, moment = issuer.key_cache, issuer.time()
    if not key_cache.body or not issuer.discovery.body:
        return None
    return {
        "issuer": issuer.policy.issuer,
        "metadata": _text(issuer.discovery.body),
        "jwks": _text(key_cache.body),
        "jwks_at": moment.now - int(moment.monotonic - key_cache.freshness.fetched_at),
        "lists": {uri: token.decode("ascii") for uri, token in source.signed().items()},
    }


def _restore(document: Mapping[str, Any], issuer: Issuer, source: Source) -> None:
    moment = issuer.time()
    age = moment.now - int(document["jwks_at"])
    metadata = _octets(document["metadata"])
    known = Metadata.from_document(read_object(metadata), issuer.policy.issuer)
    jwks = _octets(document["jwks"])
    keys = KeySet.from_document(read_object(jwks))
    if age < -issuer.policy.leeway:
        return  # this clock is behind the one that wrote it: nothing can be said of its age
    issuer.discovery.metadata, issuer.discovery.body = known, metadata
    issuer.key_cache.body = jwks
    issuer.key_cache.restore(keys, age=max(0, age), moment=moment)
    for uri, token in document["lists"].items():
        source.restore(str(uri), token.encode("ascii"))


def _replace(path: Path, octets: bytes) -> None:
    """The old file or the new one, whatever happens in between. Raises OSError."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(octets)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except OSError:
        with suppress(OSError):
            Path(name).unlink()
        raise


def _require_own(status: os.stat_result) -> None:
    """Raises ValueError for a file that somebody else could have written."""
    uid = getattr(os, "geteuid", lambda: status.st_uid)()
    if status.st_uid not in {uid, 0} or status.st_mode & _WRITABLE_BY_OTHERS:
        raise ValueError("others may write to the snapshot")


def _text(octets: bytes) -> str:
    return base64.b64encode(octets).decode("ascii")


def _octets(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
