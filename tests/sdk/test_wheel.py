"""The distribution as its users install it: a wheel, in an environment where nothing else of this repository is."""

import email
import json
import os
import pty
import re
import subprocess
import sys
import time
import venv
import zipfile
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path

import pytest

from tests.sdk.issuer import AUDIENCE, TestIssuer, TurnableTime, running_issuer

ROOT = Path(__file__).parents[2]
EXTRAS = {
    "aiohttp": "aiohttp",
    "redis": "redis",
    "fastapi": "fastapi",
    "django": "django",
    "flask": "flask",
    "cli": "rich",
}
DEPENDENCIES = ("PyJWT", "cryptography", "cffi", "pycparser")
"""Of the wheel, and theirs; they come out of the environment of the tests."""
_IMPORTED = (
    "import sys; before = set(sys.modules); import safeconduct, safeconduct.sync;"
    "print(*{name.partition('.')[0] for name in set(sys.modules) - before} - sys.stdlib_module_names)"
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built offline, by hatchling as it is installed here."""
    folder = tmp_path_factory.mktemp("wheel")
    words = ["-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", folder]
    subprocess.run([sys.executable, *words, ROOT / "sdk"], check=True, capture_output=True, timeout=120)
    [built] = folder.glob("safeconduct-*.whl")
    return built


@pytest.fixture(scope="module")
def fresh(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment with the wheel and its hard dependencies."""
    folder = tmp_path_factory.mktemp("fresh") / "environment"
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    [packages] = folder.glob("lib/python*/site-packages")
    for name in DEPENDENCIES:
        for each in {file.parts[0] for file in distribution(name).files or () if file.parts[0] != ".."}:
            (packages / each).symlink_to(distribution(name).locate_file(each))
    words = ["-m", "pip", "--python", python, "install", "--no-index", "--no-deps", wheel]
    subprocess.run([sys.executable, *words], check=True, capture_output=True, timeout=120)
    return python


@pytest.fixture(scope="module")
def issuer() -> Iterator[TestIssuer]:
    with running_issuer(TurnableTime(time.time())) as running:
        yield running


def run(python: Path, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Outside of this repository, and without what the environment of the tests would add."""
    return subprocess.run(
        [python, *words],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        cwd=python.parent,
        env={"PATH": os.environ["PATH"]},
        check=False,
    )


def test_the_wheel_declares_what_it_needs(wheel: Path) -> None:
    """One hard dependency; an extra for each framework and for tables in colours, none of them empty; it is typed."""
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        [metadata] = [name for name in names if name.endswith("/METADATA")]
        told = email.message_from_bytes(archive.read(metadata))

    required = told.get_all("Requires-Dist", [])
    needs = {
        extra: re.match(r"\w+", line)[0].lower()
        for line in required
        for extra in re.findall(r"extra == '(\w+)'", line)
    }
    assert [line for line in required if "extra ==" not in line] == ["pyjwt[crypto]>=2.15"]
    assert needs == EXTRAS
    assert set(told.get_all("Provides-Extra", [])) == EXTRAS.keys()
    assert "safeconduct/py.typed" in names
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {"safeconduct"}


def test_importing_it_brings_its_dependencies_and_nothing_else(fresh: Path) -> None:
    """No framework, no HTTP library, nothing of the service: none is even there."""
    imported = run(fresh, "-c", _IMPORTED)
    service = run(fresh, "-c", "import service")

    of_cryptography = {"cryptography", "_cffi_backend", "_openssl"}
    assert set(imported.stdout.split()) - of_cryptography == {"safeconduct", "jwt"}, imported
    assert "No module named 'service'" in service.stderr


def test_the_lines_of_the_readme_run(fresh: Path, issuer: TestIssuer) -> None:
    """Six lines, a token, and an API is protected; a revoked one is refused by name."""
    readme = (ROOT / "sdk" / "README.md").read_text("utf-8")
    lines = re.findall(r"^```python\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)[0]
    lines = lines.replace("https://tokens.example.com", issuer.url).replace(
        "https://api.example.com", AUDIENCE
    )
    indented = "".join(f"    {line}\n" for line in lines.splitlines())
    program = (
        f"import asyncio, sys\nasync def main(bearer):\n{indented}asyncio.run(main(sys.stdin.read().strip()))"
    )
    issuer.set_status(99, 1)

    good = run(fresh, "-c", program, stdin=issuer.token(scope="connectors:view"))
    revoked = run(fresh, "-c", program, stdin=issuer.token(scope="connectors:view", idx=99))

    assert "('connectors:view',)" in good.stdout, good.stderr
    assert "safeconduct.errors.TokenRevoked" in revoked.stderr


def test_check_answers_without_any_extra(fresh: Path, issuer: TestIssuer) -> None:
    """Plain lines, or JSON, and an exit code; the token is read from standard input and never shown."""
    token = issuer.token()
    words = ["-m", "safeconduct", "check", "--issuer", issuer.url, "--audience", AUDIENCE]

    told = run(fresh, *words, stdin=token)
    judged = run(fresh, *words, "--json", stdin=token[:-9] + "AAAAAAAAA")

    assert (told.returncode, told.stdout.partition("\n")[0]) == (0, "This token holds."), told.stderr
    assert token not in told.stdout
    assert (judged.returncode, json.loads(judged.stdout)["code"]) == (1, "bad_signature")


def test_a_terminal_gets_tables_where_the_extra_is_installed(issuer: TestIssuer) -> None:
    """The same words, framed and coloured by rich; what a token says can still not move the cursor."""
    mine, theirs = pty.openpty()
    token = issuer.token(sub="ann[bold]")
    words = ["-m", "safeconduct", "check", "--issuer", issuer.url, "--audience", AUDIENCE]
    with os.fdopen(mine, "rb", closefd=True) as screen:
        subprocess.run(
            [sys.executable, *words],
            input=token.encode(),
            stdout=theirs,
            timeout=60,
            env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "120"},
            check=True,
        )
        os.close(theirs)
        shown = screen.read1(65_536).decode()

    assert "This token holds." in shown
    assert "│ acts for" in shown
    assert "ann[bold]" in shown
    assert "\x1b[32m" in shown
