import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path

from tests.servers.leash import Leash
from tests.servers.process import ServerProcess, free_port, private_folder
from tests.tools.pieces import Program

SETTINGS = {"bind": "127.0.0.1", "save": "", "appendonly": "no", "maxmemory-policy": "noeviction"}


class RedisServer(ServerProcess):
    """A Redis of its own that evicts nothing and keeps nothing on disk: a restart comes back empty."""

    def __init__(self, program: Program, *, folder: Path, leash: Leash) -> None:
        self.port = free_port()
        settings = SETTINGS | {"port": str(self.port), "dir": str(folder)}
        options = [word for name, value in settings.items() for word in (f"--{name}", value)]
        super().__init__(
            "redis",
            [program.path, *options],
            folder=folder,
            leash=leash,
            ready=self._is_ready,
            environment=program.environment,
        )

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def ask(self, *words: str, within: float = 5) -> str:
        """Send one command and answer the first line of the reply, without its mark.

        Raises:
            RuntimeError: Redis refused the command.
            TimeoutError: no answer *within* seconds.
        """
        with (
            socket.create_connection(("127.0.0.1", self.port), timeout=within) as link,
            link.makefile("rwb") as stream,
        ):
            stream.write(b"*%d\r\n" % len(words))
            stream.writelines(b"$%d\r\n%b\r\n" % (len(word), word) for word in map(str.encode, words))
            stream.flush()
            reply = stream.readline().decode().rstrip("\r\n")
        if not reply or reply[0] == "-":
            raise RuntimeError(reply)
        return reply[1:]

    def refresh(self) -> None:
        """Forget every key, script and changed setting."""
        self.ask("CONFIG", "SET", "maxmemory", "0", "maxmemory-policy", "noeviction")
        self.ask("SCRIPT", "FLUSH")
        self.ask("FLUSHALL")

    def _is_ready(self) -> bool:
        with contextlib.suppress(OSError, RuntimeError):  # nobody listens yet, or -LOADING
            return self.ask("PING") == "PONG"
        return False


@contextlib.contextmanager
def running_redis(program: Program, leash: Leash) -> Iterator[RedisServer]:
    """A Redis for as long as the block lasts."""
    with private_folder("redis", leash) as folder:
        server = RedisServer(program, folder=folder, leash=leash)
        try:
            server.start()
            yield server
        finally:
            server.stop()
