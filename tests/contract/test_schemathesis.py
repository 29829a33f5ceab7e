"""Schemathesis calls every operation of `/openapi.json` with what its schemas allow and forbid, and holds the answers
against the document.
"""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from keys import new_master_key_text
from service.domain.user import Role
from tests.api.api_fixtures import Api
from tests.api.oauth_fixtures import running_authority
from tests.clock import TurnableClock
from tests.contract.schemathesis import PATIENT, schemathesis

REPEATABLE = ("--generation-deterministic",)
SMOKE = ("--phases", "examples,fuzzing", "--max-examples", "1", *REPEATABLE)
FULL = ("--max-examples", "3", *REPEATABLE)
CAMPAIGN = ("--max-examples", "300", "--max-time", "900", "--generation-database", "none")


@asynccontextmanager
async def patient_service(folder: Path, port: int, **settings: object) -> AsyncIterator[Api]:
    clock = TurnableClock(int(time.time()))
    async with (
        running_authority(
            folder, clock, issuer=f"http://localhost:{port}", port=port, **PATIENT, **settings
        ) as authority,
        aiohttp.ClientSession() as http,
    ):
        api = Api(authority, http)
        await api.person("root", role=Role.ADMINISTRATOR)
        yield api


@pytest.fixture
async def on_sqlite(tmp_path: Path, free_port: int) -> AsyncIterator[Api]:
    async with patient_service(tmp_path, free_port) as api:
        yield api


@pytest.fixture
async def on_postgresql(tmp_path: Path, free_port: int, postgres_url: str) -> AsyncIterator[Api]:
    master_key = new_master_key_text()
    async with patient_service(tmp_path, free_port, database_url=postgres_url, master_key=master_key) as api:
        yield api


async def test_every_check_of_schemathesis_passes(on_sqlite: Api, tmp_path: Path) -> None:
    """All phases and all checks, with the same examples in every run (issue 7, point 1)."""
    code, told = await schemathesis(on_sqlite, tmp_path, *FULL)

    assert code == 0, told


async def test_they_pass_on_postgresql(on_postgresql: Api, tmp_path: Path) -> None:
    """An example of each operation, where types and errors of the other engine could show through."""
    code, told = await schemathesis(on_postgresql, tmp_path, *SMOKE)

    assert code == 0, told


@pytest.mark.nightly
@pytest.mark.parametrize("service", ["on_sqlite", "on_postgresql"])
async def test_a_campaign_finds_nothing(service: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """With other examples every night; the report says the seed."""
    code, told = await schemathesis(request.getfixturevalue(service), tmp_path, *CAMPAIGN)

    assert code == 0, told
