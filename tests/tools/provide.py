"""Provide what the tests need besides Python: `python -m tests.tools.provide [PIECE ...]`.

What the machine has is used. What it lacks comes from the system's package manager, or, without the right to
use it, from the same packages unpacked into .tools/; Node.js comes as a wheel. It ends with an error that
names what is still missing.
"""

import argparse
import contextlib
import fcntl
import hashlib
import os
import shutil
import signal
import sys
from collections.abc import Iterator, Sequence

from tests.tools import debian
from tests.tools.pieces import PIECES, ROOT, TESTED, UNPACKED, WHEEL, Piece, Program, find, missing
from tests.tools.shell import ProvisionError, run, say

NODE_FOLDER = ROOT / "tests" / "node"


def provide(pieces: Sequence[Piece]) -> None:
    """Find or install *pieces*, and say where each one is.

    Raises:
        ProvisionError: one is missing and could not be had.
    """
    absent = [piece for piece in pieces if find(piece) is None]
    if any(piece.name == "node" for piece in absent):
        _install_wheel()
    if packaged := [piece for piece in absent if piece.name != "node"]:
        _install(packaged)
    found = {piece.title: find(piece) for piece in pieces}
    for title, program in found.items():
        if program:
            say(f"{title} {program.version}: {program.path}")
    if absent := [missing(piece) for piece in pieces if found[piece.title] is None]:
        raise ProvisionError("\n".join(absent))
    if node := found.get(PIECES["node"].title):
        _install_node_packages(node)


def _install(pieces: Sequence[Piece]) -> None:
    titles = " and ".join(piece.title for piece in pieces)
    if shutil.which("brew"):
        say(f"installing {titles} by brew")
        for piece in pieces:
            run(["brew", "install", "--quiet", *piece.brew])
    elif not shutil.which("apt-get"):
        raise ProvisionError(
            "neither apt-get nor brew is here: please install what follows.\n" + _sentences(pieces)
        )
    elif os.geteuid() == 0:
        say(f"installing {titles} by apt-get")
        debian.install(pieces)
    else:
        say(f"unpacking {titles} into {UNPACKED.relative_to(ROOT)}/, since only root may install packages")
        debian.unpack(pieces, UNPACKED)


def _sentences(pieces: Sequence[Piece]) -> str:
    return "\n".join(missing(piece) for piece in pieces)


def _install_wheel() -> None:
    say("installing Node.js from its wheel")
    pip = [sys.executable, "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    run([*pip, "--require-hashes", "-r", ROOT / "requirements" / "node.txt"])


def _install_node_packages(node: Program) -> None:
    """Exactly what the lock file says, once for each of its states."""
    lock = hashlib.sha256((NODE_FOLDER / "package-lock.json").read_bytes()).hexdigest()
    stamp = NODE_FOLDER / "node_modules" / ".installed-from"
    if stamp.exists() and stamp.read_text() == lock:
        return
    say("installing the Node.js packages of tests/node/")
    # the wheel's own bin/npm lacks the files that it loads
    in_wheel = node.path.is_relative_to(WHEEL)
    npm = [node.path, WHEEL / "lib/node_modules/npm/bin/npm-cli.js"] if in_wheel else [node.beside("npm")]
    path = f"{node.path.parent}{os.pathsep}{os.environ['PATH']}"
    run(
        [*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        cwd=NODE_FOLDER,
        environment={"PATH": path},
    )
    stamp.write_text(lock)


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """One provision at a time in this checkout."""
    folder = ROOT / ".tools"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.tools.provide", description=__doc__.splitlines()[0]
    )
    parser.add_argument(
        "piece", nargs="*", help=f"of {', '.join(PIECES)}; without any, all that the tests require"
    )
    on_linux = sys.platform == "linux"
    names = parser.parse_args().piece or [name for name in TESTED if on_linux or not PIECES[name].linux_only]
    if unknown := set(names) - set(PIECES):
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))  # so that what was set aside is put back
    try:
        with _alone():
            provide([PIECES[name] for name in names])
    except ProvisionError as failure:
        say(str(failure))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
