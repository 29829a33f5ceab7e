"""The saved session: one JSON file, readable by its owner alone, replaced as a whole."""

import contextlib
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from service.cli.failures import CommandFailed
from service.domain.secret import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedSession:
    """Who is signed in where. `expires_at` is the service's word (RFC 3339)."""

    url: str
    user: str
    bearer: Secret
    expires_at: str


@dataclass(frozen=True, slots=True)
class SessionFile:
    path: Path

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        """SAFECONDUCT_SESSION_FILE, else safeconduct/session.json where the desktop keeps configuration (XDG)."""
        if chosen := env.get("SAFECONDUCT_SESSION_FILE"):
            return cls(Path(chosen))
        home = Path(env.get("XDG_CONFIG_HOME", ""))
        return cls((home if home.is_absolute() else Path.home() / ".config") / "safeconduct" / "session.json")

    def load(self) -> SavedSession | None:
        """The session, or None where there is none or the file is not ours to read."""
        try:
            members = json.loads(self.path.read_text("utf-8"))
            return SavedSession(
                url=str(members["url"]),
                user=str(members["user"]),
                bearer=Secret(str(members["bearer"])),
                expires_at=str(members["expires_at"]),
            )
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def save(self, session: SavedSession) -> None:
        """Replace the file at once: a reader sees the old session or the new one, and nobody else sees either.

        Raises:
            CommandFailed: it cannot be written.
        """
        members = {
            "url": session.url,
            "user": session.user,
            "bearer": session.bearer.reveal(),
            "expires_at": session.expires_at,
        }
        fresh = self.path.with_name(f"{self.path.name}.{secrets.token_hex(8)}")
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_private(fresh, json.dumps(members) + "\n")
            fresh.replace(self.path)
        except OSError as error:
            with contextlib.suppress(OSError):
                fresh.unlink()
            raise CommandFailed(f"cannot keep the session in {self.path}: {error.strerror}") from error

    def remove(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            self.path.unlink()


def write_private(path: Path, text: str) -> None:
    """A new file with mode 0600 from its first moment. Raises OSError, also where something is there already."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
