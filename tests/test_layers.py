import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PARTS = ("service", "keys", "sql", "sdk")


def _lint(tree: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter on the packages of *tree*, and on no other copy of them."""
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": f"{tree}{os.pathsep}{tree / 'sdk'}", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def copied_tree(tmp_path: Path) -> Path:
    """The packages and their contracts, to be broken."""
    for part in PARTS:
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_layers_hold() -> None:
    """Imports point inward only: the service knows the keys, the keys know the SDK, never the other way."""
    run = _lint(ROOT)

    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize(
    ("package", "forbidden", "contract"),
    [
        ("keys", "service.domain", "outer layers import inner ones only"),
        ("sdk/safeconduct", "keys", "outer layers import inner ones only"),
        ("service/domain", "service.application", "outer layers import inner ones only"),
        ("service/application", "service.web", "outer layers import inner ones only"),
        ("service/web", "service.api", "outer layers import inner ones only"),
        ("service/api", "service.ui", "outer layers import inner ones only"),
        ("service/storage", "service.publish", "outer layers import inner ones only"),
        ("service/api", "sql", "only storage knows SQL and its drivers"),
        ("service/application", "asyncpg", "only storage knows SQL and its drivers"),
        ("sdk/safeconduct", "aiohttp", "the SDK and the keys know no server"),
        ("service/domain", "aiohttp", "the inner half of the service knows no HTTP"),
    ],
)
def test_a_forbidden_import_breaks_its_contract(
    copied_tree: Path, package: str, forbidden: str, contract: str
) -> None:
    """A contract that nothing can break holds nothing: each one is seen to break."""
    with (copied_tree / package / "__init__.py").open("a") as module:
        module.write(f"\nimport {forbidden}\n")

    run = _lint(copied_tree)

    assert run.returncode == 1, run.stdout + run.stderr
    assert f"{contract} BROKEN" in run.stdout
