"""The image: no engine is needed to run what its Dockerfile says, and none to see what it promises."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docker.dockerfile import DOCKER, Stage, read_dockerfile
from tests.lab.exchange import exchange, request_bytes
from tests.servers.leash import Leash
from tests.servers.process import ServerProcess, free_port, private_folder

ROOT = DOCKER.parent
PINNED = re.compile(r"[a-z0-9./-]+:\d+\.\d+(\.\d+)?[a-z0-9.-]*")
KNOWN = {
    "FROM", "ARG", "ENV", "WORKDIR", "COPY", "RUN", "USER", "VOLUME", "EXPOSE", "STOPSIGNAL", "HEALTHCHECK",
    "ENTRYPOINT", "CMD",
}  # fmt: skip


@pytest.fixture(scope="module")
def stages() -> list[Stage]:
    return read_dockerfile()


def test_the_image_is_built_in_stages_and_runs_as_nobody(stages: list[Stage]) -> None:
    """Pinned bases, a number for a user so that an orchestrator can see it is not root, no tools of the build."""
    build, final = stages

    words = {word for stage in stages for word, _ in stage.instructions}
    order = [word for word, _ in final.instructions]
    assert words <= KNOWN
    assert all(PINNED.fullmatch(stage.image) for stage in stages)
    assert final.image == build.image  # what was compiled against it runs on it
    assert final.last("USER") == "10001:10001"
    assert order.index("USER") > max(place for place, word in enumerate(order) if word in {"RUN", "COPY"})
    assert final.arguments["DATA"] == final.environment["SAFECONDUCT_DATA_DIR"] == "/data"
    assert json.loads(final.last("VOLUME")) == ["/data"]
    assert not any("pip" in text or "apt" in text for text in final.all("RUN"))
    assert f"--from={build.name} {build.arguments['VENV']} {build.arguments['VENV']}" in final.all("COPY")


def test_hadolint_finds_nothing() -> None:
    """Not even a hint, with the shell lines judged as well."""
    words = [Path(sys.executable).with_name("hadolint"), "--no-color", "--failure-threshold", "style"]

    judged = subprocess.run(
        [*words, DOCKER / "Dockerfile"], capture_output=True, text=True, timeout=60, check=False
    )

    assert (judged.returncode, judged.stdout) == (0, "")


def test_signals_reach_the_service_and_health_asks_it(stages: list[Stage]) -> None:
    """Exec forms: no shell stands in between, and SIGTERM lets requests finish (R64)."""
    final = stages[-1]

    assert json.loads(final.last("ENTRYPOINT")) == ["safeconduct"]
    assert json.loads(final.last("CMD")) == ["serve"]
    assert final.last("STOPSIGNAL") == "SIGTERM"
    assert json.loads(final.last("HEALTHCHECK").partition(" CMD ")[2])[:2] == ["python", "-c"]


def test_everything_is_installed_with_hashes_or_from_here(stages: list[Stage]) -> None:
    """Nothing comes into the image that the lock does not name, and no secret of this folder does."""
    installs = [each for text in stages[0].all("RUN") for each in text.split("&&") if " install " in each]
    ignored = (DOCKER / "Dockerfile.dockerignore").read_text().split()

    assert all(("--require-hashes" in each) != ("--no-deps" in each) for each in installs)
    assert len(installs) == 2
    assert ignored[0] == "*"
    assert {each[1:] for each in ignored if each.startswith("!")} == set(copied(stages[0]))


def copied(stage: Stage) -> list[str]:
    return [source for text in stage.all("COPY") for source in text.split()[:-1]]


def test_the_lines_of_the_dockerfile_make_a_service_that_runs(
    stages: list[Stage], tmp_path: Path, leash: Leash
) -> None:
    """Every RUN line as it stands, in a folder with what COPY brings and nothing else; then the image's command, and
    its health check.
    """
    build, final = stages
    source, venv, data = tmp_path / "src", tmp_path / "venv", tmp_path / "data"
    arguments = {"VENV": str(venv), "DATA": str(data), "OWNER": str(os.getuid())}
    assert arguments.keys() == build.arguments.keys() | final.arguments.keys()
    source.mkdir()
    for instruction, text in (*build.instructions, *final.instructions):
        if instruction == "COPY" and not text.startswith("--from"):
            copy(text, source)
        elif instruction == "RUN":
            run(text, source, {**build.environment, **arguments})
    shutil.rmtree(source)

    port = free_port()
    with private_folder("image", leash) as folder:
        server = ServerProcess(
            "image",
            [venv / "bin" / json.loads(final.last("ENTRYPOINT"))[0], *json.loads(final.last("CMD"))],
            folder=folder,
            leash=leash,
            ready=lambda: exchange(port, request_bytes("GET", "/readyz"), within=5).status == 200,
            environment={
                "SAFECONDUCT_PORT": str(port),
                "SAFECONDUCT_ISSUER": f"http://localhost:{port}",
                "SAFECONDUCT_HOST": "127.0.0.1",
                "SAFECONDUCT_DATA_DIR": str(data),
                "PYTHONDONTWRITEBYTECODE": "1",
            },
        )
        server.start()
        try:
            check = json.loads(final.last("HEALTHCHECK").partition(" CMD ")[2].replace(":8080", f":{port}"))
            healthy = subprocess.run([sys.executable, *check[1:]], check=False, timeout=30).returncode
            written = {
                path.relative_to(tmp_path).parts[0] for path in tmp_path.rglob("*") if fresh(path, venv)
            }
        finally:
            server.kill9()

    assert healthy == 0
    assert (data / "safeconduct.db").exists()
    assert data.stat().st_mode & 0o777 == 0o700
    assert written <= {"data"}


def fresh(path: Path, venv: Path) -> bool:
    """Whether it was written after the image was built."""
    return path.is_file() and path.stat().st_mtime > (venv / "bin" / "safeconduct").stat().st_mtime + 1


def copy(text: str, source: Path) -> None:
    *names, target = text.split()
    for name in names:
        here, there = ROOT / name, source / target
        if here.is_dir():
            shutil.copytree(here, there, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        else:
            there.mkdir(parents=True, exist_ok=True)
            shutil.copy2(here, there)


def run(line: str, folder: Path, environment: dict[str, str]) -> None:
    clean = {
        name: value for name, value in os.environ.items() if not name.startswith(("PIP_NO", "SAFECONDUCT_"))
    }
    path = f"{Path(sys.executable).resolve().parent}{os.pathsep}{os.environ['PATH']}"
    ran = subprocess.run(
        ["/bin/sh", "-c", line],
        cwd=folder,
        env={**clean, **environment, "PATH": path},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
