"""Who can read what lies on this machine's disk."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from service.cli.doctor.finding import Finding, fail, ok, warn
from service.settings import Settings

ABOUT = "files"


def look_at_files(settings: Settings) -> Iterator[Finding]:
    """The data folder and what is secret in it: for its owner alone."""
    folder = settings.data_dir
    if not folder.is_dir():
        if settings.uses_sqlite:
            yield warn(ABOUT, f"{folder} is not there yet", "the first `safeconduct serve` makes it")
        return
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        yield fail(
            ABOUT, f"{folder} cannot be written by this account", f"give {folder} to the service's account"
        )
        return
    open_ones = [path for path in (folder, *_secrets(settings)) if path.exists() and _is_open(path)]
    for path in open_ones:
        mode = "700" if path.is_dir() else "600"
        yield warn(ABOUT, f"{path} can be read by other accounts", f"chmod {mode} {path}")
    if not open_ones:
        yield ok(ABOUT, f"{folder} and what is secret in it are this account's alone")


def _secrets(settings: Settings) -> Iterator[Path]:
    yield Path(settings.master_key_file) if settings.master_key_file else settings.data_dir / "master.key"
    if settings.uses_sqlite:
        path = settings.effective_database_url.removeprefix("sqlite:///")
        yield from (Path(path + ending) for ending in ("", "-wal", "-shm"))
    yield settings.data_dir / "first-admin-link"


def _is_open(path: Path) -> bool:
    return bool(stat.S_IMODE(path.stat().st_mode) & 0o077)
