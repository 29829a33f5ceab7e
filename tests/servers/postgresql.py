import contextlib
import itertools
import os
import pwd
import secrets
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.servers.leash import Leash
from tests.servers.process import ServerProcess, free_port, private_folder
from tests.tools.pieces import Program

SETTINGS = {
    "fsync": "on",
    "listen_addresses": "127.0.0.1",
    "shared_buffers": "64MB",
    "dynamic_shared_memory_type": "mmap",  # in the data folder: nothing stays behind a SIGKILL
    "timezone": "GMT",
}


class PostgresServer(ServerProcess):
    """A PostgreSQL of its own with real fsync; `url` is an administrator's way into it over TCP."""

    def __init__(self, program: Program, *, folder: Path, leash: Leash) -> None:
        self.port = free_port()
        self.cluster = folder / "cluster"
        self._psql = program.beside("psql")
        self._password = secrets.token_hex(16)
        self._databases = itertools.count(1)
        settings = SETTINGS | {"port": str(self.port), "unix_socket_directories": str(folder)}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        super().__init__(
            "postgresql",
            [*_as_another_user(), program.path, "-D", self.cluster, *options],
            folder=folder,
            leash=leash,
            ready=self._is_ready,
            environment=program.environment,
            stop_signal=signal.SIGINT,  # "fast": ends sessions, writes a checkpoint
        )
        self._make_cluster(program)

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://postgres:{self._password}@127.0.0.1:{self.port}/{database}"

    def sql(self, statement: str, *, database: str = "postgres") -> str:
        """Run one statement by psql and answer its rows, unaligned."""
        words = [
            self._psql,
            "-XAtq",
            "-h",
            "127.0.0.1",
            "-p",
            str(self.port),
            "-U",
            "postgres",
            "-d",
            database,
        ]
        run = subprocess.run(
            [*words, "-v", "ON_ERROR_STOP=1", "-c", statement],
            env={**self._environment, "PGPASSWORD": self._password},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if run.returncode:
            raise RuntimeError(run.stderr)
        return run.stdout.strip()

    def create_database(self, template: str = "template1") -> str:
        """Make a database that no test has seen, as a copy of *template*, and tell its name."""
        name = f"test_{next(self._databases)}"
        self.sql(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def drop_database(self, name: str) -> None:
        """Remove a database, and whoever is still connected to it."""
        self.sql(f"DROP DATABASE {name} WITH (FORCE)")

    def _make_cluster(self, program: Program) -> None:
        password = self.folder / "password"
        password.write_text(self._password)
        if os.geteuid() == 0:
            another = _another_user()
            self.folder.chmod(0o755)
            os.chown(self.folder, another.pw_uid, another.pw_gid)
            os.chown(password, another.pw_uid, another.pw_gid)
        # "password", not SCRAM: keeps strangers out and costs no connection 4,096 rounds of hashing in Python
        initdb = [program.beside("initdb"), "-D", self.cluster, "-U", "postgres", "-A", "password"]
        initdb += [f"--pwfile={password}", "-E", "UTF8", "--locale=C", "--no-sync"]
        subprocess.run(
            [*_as_another_user(), *map(str, initdb)],
            env={**self._environment, "TZ": "GMT"},
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            check=True,
        )

    def _is_ready(self) -> bool:
        """The eighth line of its pid file says so, as for pg_ctl; an older start's file does not count."""
        try:
            lines = (self.cluster / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) >= 8 and lines[0] == str(self.pid) and lines[7].strip() == "ready"


def _another_user() -> pwd.struct_passwd:
    return pwd.getpwnam("nobody")


def _as_another_user() -> list[str]:
    """The words before a command that PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return []
    another = _another_user()
    return ["setpriv", f"--reuid={another.pw_uid}", f"--regid={another.pw_gid}", "--clear-groups"]


@contextlib.contextmanager
def running_postgres(program: Program, leash: Leash) -> Iterator[PostgresServer]:
    """A PostgreSQL for as long as the block lasts."""
    with private_folder("postgresql", leash) as folder:
        server = PostgresServer(program, folder=folder, leash=leash)
        try:
            server.start()
            yield server
        finally:
            server.stop()
