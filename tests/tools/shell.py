import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path


class ProvisionError(Exception):
    """Something that the tests need could not be had; the text names it."""


def say(text: str) -> None:
    """Tell the person at the terminal, at once."""
    for line in text.splitlines():
        sys.stderr.write(f"provide: {line}\n")
    sys.stderr.flush()


def run(
    words: Sequence[str | Path], *, cwd: Path | None = None, environment: Mapping[str, str] | None = None
) -> str:
    """Run a command and answer what it printed.

    Raises:
        ProvisionError: it failed; with the end of what it said.
    """
    done = subprocess.run(
        words,
        cwd=cwd,
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        raise ProvisionError(f"failed: {' '.join(map(str, words))}\n{done.stdout[-3_000:]}")
    return done.stdout
