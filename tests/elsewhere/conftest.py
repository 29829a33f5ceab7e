from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from tests.api.oauth_fixtures import Authority, running_authority
from tests.clock import RunningClock
from tests.elsewhere.hostile_provider import Browser, HostileProvider, a_provider, running_provider, sso_file


@pytest.fixture
def clock() -> RunningClock:
    return RunningClock()


@pytest.fixture
async def provider(clock: RunningClock) -> AsyncIterator[HostileProvider]:
    async with running_provider(clock) as running:
        yield running


@pytest.fixture
def mapping() -> str:
    """What the file says of the provider besides; a test may say more."""
    return ""


@pytest.fixture
async def authority(
    tmp_path: Path, free_port: int, clock: RunningClock, provider: HostileProvider, mapping: str
) -> AsyncIterator[Authority]:
    """A service that knows the provider, and another one that nobody runs."""
    file = sso_file(
        tmp_path,
        a_provider(provider.issuer, more=mapping),
        a_provider("http://localhost:9", name="away"),
    )
    settings = {
        "issuer": f"http://localhost:{free_port}",
        "port": free_port,
        "sso_file": file,
        "anonymous_requests_per_minute": 40,
    }
    async with running_authority(tmp_path, clock, **settings) as running:
        yield running


@pytest.fixture
async def browser(authority: Authority) -> AsyncIterator[Browser]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        yield Browser(authority, http)
