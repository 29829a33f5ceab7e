"""Copies of a running PostgreSQL: one that follows nobody, which a fail-over to the wrong place would reach, and one
that follows its primary and may take its place.
"""

import os
import subprocess
from pathlib import Path

from tests.servers.leash import Leash
from tests.servers.postgresql import PostgresServer, _another_user, _as_another_user
from tests.tools.pieces import Program


class Standby(PostgresServer):
    """Answers reads, in recovery for ever; same users, passwords and databases as its primary when it was made."""

    _options: tuple[str, ...] = ()

    def __init__(self, primary: PostgresServer, program: Program, *, folder: Path, leash: Leash) -> None:
        self._primary = primary
        super().__init__(program, folder=folder, leash=leash)
        self._password = primary._password

    def _make_cluster(self, program: Program) -> None:
        if os.geteuid() == 0:
            another = _another_user()
            self.folder.chmod(0o755)
            os.chown(self.folder, another.pw_uid, another.pw_gid)
        words = [
            program.beside("pg_basebackup"),
            *self._options,
            "-D",
            self.cluster,
            "-d",
            self._primary.url(),
            "--checkpoint=fast",
        ]
        subprocess.run(
            [*_as_another_user(), *map(str, words), "--no-sync"],
            env={**self._environment},
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            check=True,
        )
        (self.cluster / "standby.signal").touch()


class Follower(Standby):
    """Streams from its primary, until it is promoted."""

    _options = ("--write-recovery-conf",)

    def promote(self) -> None:
        """Be the primary from now on; returns when it takes writes."""
        self.sql("SELECT pg_promote(true, 30)")
