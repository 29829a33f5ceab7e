"""The real command `safeconduct`, as a person or a script runs it."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.cli.terminal import Terminal

PROGRAM = str(Path(sys.executable).with_name("safeconduct"))
PASSWORD = "four walls of painted linen"


@dataclass(frozen=True)
class Safeconduct:
    """One person's command line: a home of their own, and so a session of their own."""

    home: Path
    env: dict[str, str]

    @classmethod
    def at(cls, home: Path, **settings: str) -> "Safeconduct":
        home.mkdir(exist_ok=True)
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        return cls(home, {**kept, "HOME": str(home), **settings})

    @property
    def session_file(self) -> Path:
        return self.home / ".config" / "safeconduct" / "session.json"

    @property
    def bearer(self) -> str:
        return json.loads(self.session_file.read_text())["bearer"]

    def run(self, *words: str, lines: tuple[str, ...] = (), **env: str) -> subprocess.CompletedProcess[str]:
        """Away from every terminal; *lines* are its standard input."""
        return subprocess.run(
            [PROGRAM, *words],
            input="".join(f"{line}\n" for line in lines),
            env={**self.env, **env},
            cwd=self.home,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def done(self, *words: str, lines: tuple[str, ...] = (), **env: str) -> str:
        """Its standard output, once it has succeeded."""
        ran = self.run(*words, lines=lines, **env)
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    def json(self, *words: str, lines: tuple[str, ...] = ()) -> Any:
        return json.loads(self.done("--json", *words, lines=lines))

    def json_of(self, code: int, *words: str, lines: tuple[str, ...] = ()) -> Any:
        """What it answers where it ends with this code."""
        ran = self.run("--json", *words, lines=lines)
        assert ran.returncode == code, ran.stderr
        return json.loads(ran.stdout)

    def at_terminal(self, *words: str, columns: int = 80) -> Terminal:
        return Terminal([PROGRAM, *words], self.env, cwd=self.home, columns=columns)
