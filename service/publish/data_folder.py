"""What outlives the database, in a folder of this machine; several processes may share it."""

import fcntl
import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from service.domain.history import Heads, furthest

_HEADS, _KEYS, _LISTS = "heads.json", "keys.json", "lists"
_MOST_KEYS: Final = 40


class DataFolder:
    """A `Shelf` of one issuer. Another issuer's is not ours to read: it counts as empty."""

    def __init__(self, folder: Path, issuer: str) -> None:
        self._folder = folder
        self._issuer = issuer

    def heads(self) -> Heads:
        kept = self._read(_HEADS)
        return {name: int(value) for name, value in kept.get("heads", {}).items()}

    def keep_heads(self, heads: Heads) -> None:
        with self._alone():
            self._write(_HEADS, {"heads": dict(furthest(self.heads(), heads))})

    def keys(self) -> Sequence[Mapping[str, Any]]:
        return list(self._read(_KEYS).get("keys", []))

    def keep_keys(self, keys: Sequence[Mapping[str, Any]]) -> None:
        with self._alone():
            kept = {key["kid"]: key for key in (*self.keys(), *keys)}
            self._write(_KEYS, {"keys": list(kept.values())[-_MOST_KEYS:]})

    def lists(self) -> Mapping[str, str]:
        if self._read(_HEADS).get("issuer", self._issuer) != self._issuer:
            return {}
        return {path.stem: path.read_text("ascii") for path in (self._folder / _LISTS).glob("*.jwt")}

    def keep_list(self, list_id: str, token: str) -> None:
        self._put(self._folder / _LISTS / f"{list_id}.jwt", token)

    def forget_list(self, list_id: str) -> None:
        (self._folder / _LISTS / f"{list_id}.jwt").unlink(missing_ok=True)

    def _read(self, name: str) -> dict[str, Any]:
        try:
            kept: dict[str, Any] = json.loads((self._folder / name).read_text("utf-8"))
        except FileNotFoundError:
            return {}
        return kept if kept.get("issuer") == self._issuer else {}

    def _write(self, name: str, document: Mapping[str, Any]) -> None:
        self._put(self._folder / name, json.dumps({"issuer": self._issuer, **document}))

    @staticmethod
    def _put(path: Path, text: str) -> None:
        """Whole or not at all, also when the machine stops meanwhile."""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, fresh = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # 0600
        try:
            with os.fdopen(descriptor, "w") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(fresh).replace(path)
        except BaseException:
            Path(fresh).unlink(missing_ok=True)
            raise

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)
