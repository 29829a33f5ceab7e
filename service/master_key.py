"""Where the master key comes from: the environment, a file, or, on SQLite, made once."""

import contextlib
import os
from pathlib import Path

from keys import MasterKey, MasterKeyMalformed, MasterKeys, new_master_key_text
from service.settings import Settings, SettingsInvalid


def read_master_key(settings: Settings) -> MasterKeys | None:
    """The master key from the environment or its file. On SQLite a missing file is made once (0600).

    Raises:
        SettingsInvalid: on PostgreSQL a missing key would lock replicas out of each other (threats 23).
    """
    path = Path(settings.master_key_file) if settings.master_key_file else settings.data_dir / "master.key"
    text = settings.master_key
    if not text and not path.exists():
        if not settings.uses_sqlite or settings.master_key_file:
            raise SettingsInvalid([f"SAFECONDUCT_MASTER_KEY: none given, and {path} is not there"])
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError), open(path, "x", opener=_private) as file:
            file.write(new_master_key_text() + "\n")
    try:
        return MasterKeys(MasterKey.from_text(text or path.read_text("ascii")))
    except (MasterKeyMalformed, OSError, UnicodeDecodeError) as error:
        raise SettingsInvalid([f"SAFECONDUCT_MASTER_KEY: {error}"]) from error


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
