"""Debian's packages, as root by apt-get, or unpacked into a folder by anybody."""

import contextlib
import re
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.tools.pieces import Piece
from tests.tools.shell import run, say

POLICY = Path("/usr/sbin/policy-rc.d")
CLUSTERS = Path("/etc/postgresql-common/createcluster.d/safeconduct-tests.conf")
OURS = "# for the time that Safeconduct's tests install their servers\n"
QUIETLY = {"DEBIAN_FRONTEND": "noninteractive"}


def install(pieces: Sequence[Piece]) -> None:
    """Install by apt-get as root, without leaving any of their services running or set to run.

    Raises:
        ProvisionError: apt-get failed.
    """
    packages = [package for piece in pieces for package in piece.debian]
    words = ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=300"]
    run([*words, "update"])
    with nothing_starts():
        run([*words, "install", "--yes", "--no-install-recommends", *packages], environment=QUIETLY)
    for service in (piece.service for piece in pieces if piece.service):
        run(["update-rc.d", service, "disable"])


def unpack(pieces: Sequence[Piece], folder: Path) -> None:
    """Download the packages, with those that they need and this machine lacks, and unpack them into *folder*.

    Raises:
        ProvisionError: a package is not to be had.
    """
    packages = [package for piece in pieces for package in piece.debian]
    state = folder.parent / "apt"
    for part in ("lists/partial", "archives/partial"):
        (state / part).mkdir(parents=True, exist_ok=True)
    own = [
        f"Dir::State::lists={state}/lists",
        f"Dir::Cache={state}",
        f"Dir::Cache::archives={state}/archives",
    ]
    words = ["apt-get", "-qq", *(word for option in own for word in ("-o", option))]
    say("reading the package lists")
    run([*words, "update"])
    plan = run([*words, "--simulate", "install", "--no-install-recommends", *packages])
    wanted = [f"{name}={version}" for name, version in planned(plan)]
    say(f"downloading {len(wanted)} packages")
    run([*words, "download", *wanted], cwd=state / "archives")
    folder.mkdir(exist_ok=True)
    for archive in sorted((state / "archives").glob("*.deb")):
        run(["dpkg-deb", "--extract", archive, folder])
    shutil.rmtree(state)


def planned(plan: str) -> list[tuple[str, str]]:
    """The packages and versions of apt-get's simulation, less the C library.

    A newer C library than the machine's own dynamic linker breaks every program that loads it.
    """
    lines = re.findall(r"^Inst (\S+) (?:\[[^\]]*\] )?\((\S+)", plan, re.MULTILINE)
    return [(name, version) for name, version in lines if not name.startswith(("libc6", "libc-"))]


@contextlib.contextmanager
def nothing_starts() -> Iterator[None]:
    """Let packages be installed without starting their services or making a database cluster.

    An operator's own policy stays as it is; what a killed run left behind is ours to remove.
    """
    made_folders = [folder for folder in (CLUSTERS.parent.parent, CLUSTERS.parent) if not folder.exists()]
    own_policy = not POLICY.exists() or OURS in POLICY.read_text()
    try:
        CLUSTERS.parent.mkdir(parents=True, exist_ok=True)
        CLUSTERS.write_text(f"{OURS}create_main_cluster = false\n")
        if own_policy:
            POLICY.write_text(f"#!/bin/sh\n{OURS}exit 101\n")
            POLICY.chmod(0o755)
        yield
    finally:
        CLUSTERS.unlink(missing_ok=True)
        if own_policy:
            POLICY.unlink(missing_ok=True)
        for folder in reversed(made_folders):
            with contextlib.suppress(OSError):  # the package lives there now
                folder.rmdir()
