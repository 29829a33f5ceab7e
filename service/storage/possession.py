"""SQLite serves one process: whoever comes second is told so before anything is opened (R69)."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

from service.domain.errors import StorageUnavailable

FOLDER_MODE = 0o700
FILE_MODE = 0o600


class DatabaseInUse(StorageUnavailable):
    """Another process has this SQLite database open."""

    code: ClassVar[str] = "database_in_use"


@contextmanager
def possess(path: Path) -> Iterator[None]:
    """Hold `path` for this process alone; the hold ends with the process, however that comes about.

    Makes the folder and the file, readable by their owner only, where they are missing.

    Raises:
        DatabaseInUse: another process holds it.
        StorageUnavailable: the folder or file cannot be made.
    """
    lock = _take(path)
    try:
        yield
    finally:
        os.close(lock)


def _take(path: Path) -> int:
    try:
        path.parent.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, FILE_MODE))
        lock = os.open(path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT, FILE_MODE)
    except OSError as fault:
        raise StorageUnavailable(f"cannot open {path}: {fault.strerror}") from fault
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise DatabaseInUse(
            f"{path} is in use by another process: SQLite serves one process; use PostgreSQL for several"
        ) from None
    return lock
