from pathlib import Path

import pytest


@pytest.fixture
def node_modules() -> Path:
    return Path(__file__).parents[1] / "node" / "node_modules"
