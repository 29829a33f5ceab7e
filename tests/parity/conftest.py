from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The administrator's home folder."""
    return tmp_path_factory.mktemp("home") / "ann"
