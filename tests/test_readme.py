"""The README's first screen, run as it stands: its commands, its Python, and the output it promises."""

import os
import re
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PASSWORD = "a sentence nobody guesses"
BLOCK = re.compile(r"^```(sh|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def first_screen(folder: Path = ROOT) -> list[tuple[str, str]]:
    text = (folder / "README.md").read_text().split("\n## ")[0]
    return BLOCK.findall(text)


@pytest.fixture
def checkout(tmp_path: Path, free_port: int) -> Path:
    """The tracked files in a new folder, for a service on a port of its own, with the environment that is here."""
    tracked = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    for name in filter(None, tracked.split("\0")):
        if (ROOT / name).is_file():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, tmp_path / name)
            os.utime(tmp_path / name, (0, 0))  # older than the environment, so that make leaves that as it is
    (tmp_path / ".venv").symlink_to(ROOT / ".venv")
    for name in ("README.md", "examples/offline_verifier.py"):
        path = tmp_path / name
        path.write_text(path.read_text().replace("localhost:8080", f"localhost:{free_port}"))
    return tmp_path


@pytest.fixture
def environment(checkout: Path, free_port: int) -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("SAFECONDUCT_")}
    return ours | {
        "SAFECONDUCT_ISSUER": f"http://localhost:{free_port}",
        "SAFECONDUCT_PORT": str(free_port),
        "SAFECONDUCT_URL": f"http://localhost:{free_port}",
        "SAFECONDUCT_SESSION_FILE": str(checkout / "session.json"),
        "NO_COLOR": "1",
    }


@pytest.fixture
def served(checkout: Path, environment: dict[str, str]) -> Iterator[Path]:
    """The first block, `make serve`, running; yields the file that holds the one-time link."""
    command = first_screen(checkout)[0][1]
    process = subprocess.Popen(
        ["bash", "-c", command],
        cwd=checkout,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stderr is not None
    said = []
    for line in process.stderr:
        said.append(line)
        if "one-time link" in line:
            break
    drain = threading.Thread(target=process.stderr.read)
    drain.start()
    try:
        link = checkout / "data" / "first-admin-link"
        assert link.exists(), "".join(said)
        yield link
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)
        drain.join()
        process.stderr.close()


def run(blocks: list[tuple[str, str]], link: Path, checkout: Path, environment: dict[str, str]) -> str:
    """All blocks in one shell, as a reader's second terminal; the link and a password are typed where asked."""
    script = ["exec 2>&1"]
    for language, text in blocks:
        if language == "python":
            script.append(f"python - <<'PYTHON'\n{text}PYTHON")
        elif "accept-link" in text:
            typed = f"printf '%s\\n%s\\n' \"$(cat {link})\" '{PASSWORD}' | "
            script.append(text.replace("safeconduct users", f"{typed}safeconduct users"))
        else:
            script.append(text)
    done = subprocess.run(
        ["bash", "-c", "\n".join(script)],
        cwd=checkout,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.stdout


def promised(blocks: list[tuple[str, str]]) -> list[str]:
    """What the README says comes out, in order: the comments, `…` standing for anything."""
    comments = re.findall(r"(?:^|  )# (.*)$", "\n".join(text for _, text in blocks), re.MULTILINE)
    return [".*".join(map(re.escape, map(str.strip, comment.split("…")))) for comment in comments]


def test_the_first_screen_does_what_it_says(
    served: Path, checkout: Path, environment: dict[str, str]
) -> None:
    """Serve, sign in, create, verify, introspect, revoke, refused: by introspection and by an offline reader."""
    blocks = first_screen(checkout)[1:]
    expected = promised(blocks)

    output = run(blocks, served, checkout, environment)

    assert len(expected) == 5
    position = 0
    for pattern in expected:
        found = re.compile(pattern).search(output, position)
        assert found, f"{pattern!r} is not in what follows:\n{output[position:]}"
        position = found.end()


def test_the_six_lines_are_six() -> None:
    """Verification is promised in six lines beside the imports."""
    [python] = [text for language, text in first_screen() if language == "python"]

    lines = [line for line in python.splitlines() if line and not line.startswith(("import ", "from "))]

    assert len(lines) <= 6


def test_the_offline_verifier_is_twenty_five_lines() -> None:
    """As the README says: 25 lines between its imports and its main."""
    text = (ROOT / "examples" / "offline_verifier.py").read_text()
    body = text[text.index("ISSUER = ") : text.index('if __name__ == "__main__"')]

    assert len([line for line in body.splitlines() if line.strip()]) == 25


def test_every_link_of_the_readme_leads_somewhere() -> None:
    """No page is promised that is not there."""
    links = re.findall(r"\]\((?!https?:)([^)#]+)", (ROOT / "README.md").read_text())

    assert not [link for link in links if not (ROOT / link).exists()]
