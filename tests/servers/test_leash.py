import signal
import socket
import subprocess
import sys
from pathlib import Path

from tests.servers.leash import ROOT, Leash, family, wait_until
from tests.servers.process import free_port

DYING_RUN = """
import sys, os, signal
from pathlib import Path
from tests.servers.leash import Leash
from tests.servers.redis import RedisServer
from tests.tools.pieces import require
leash = Leash()
folder = Path(sys.argv[1])
leash.release(folder)
server = RedisServer(require("redis"), folder=folder, leash=leash)
server.start()
print(server.pid, leash.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_test_run_leaves_no_server_and_no_folder(tmp_path: Path) -> None:
    """A crash, a second Ctrl-C or a time limit ends pytest without its teardown; its servers end too."""
    folder = tmp_path / "server"
    folder.mkdir()
    # its output ends when the leash, which shares it, ends as well
    run = subprocess.run(
        [sys.executable, "-c", DYING_RUN, folder],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert run.returncode == -signal.SIGKILL, run.stderr
    assert wait_until(lambda: not family(*map(int, run.stdout.split())), within=10)
    assert not folder.exists()


def test_closing_ends_what_is_still_held(tmp_path: Path) -> None:
    """The leash is the last to let go, and takes children with their parent."""
    parent = subprocess.Popen(["sh", "-c", "sleep 600 & echo; wait"], stdout=subprocess.PIPE)
    parent.stdout.readline()
    members = family(parent.pid)
    leash = Leash()
    leash.hold(tmp_path, parent.pid)

    leash.close()

    parent.wait()
    parent.stdout.close()
    assert len(members) == 2
    assert wait_until(lambda: not family(*members), within=10)


def test_a_released_server_is_left_alone(tmp_path: Path) -> None:
    """A process id that ended may belong to somebody else by now."""
    bystander = subprocess.Popen(["sleep", "600"])
    leash = Leash()
    leash.hold(tmp_path, bystander.pid)
    leash.release(tmp_path)

    leash.close()

    assert bystander.poll() is None
    bystander.kill()
    bystander.wait()


def test_a_free_port_can_be_listened_on() -> None:
    """It lies below the ports that outgoing connections take, so that a server can come back to it."""
    port = free_port()

    assert 20_000 <= port < 32_000
    with socket.create_server(("127.0.0.1", port)) as listener:
        assert listener.getsockname()[1] == port
