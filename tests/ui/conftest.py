"""Pages in a real Chromium against a real service."""

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Browser

from tests.api.oauth_fixtures import running_authority
from tests.clock import TurnableClock
from tests.servers.process import free_port
from tests.ui.site import Site


@pytest_asyncio.fixture(loop_scope="session")
async def site(tmp_path: Path, chromium: Browser) -> AsyncIterator[Site]:
    """A service of this test's own on SQLite, and people to look at it."""
    port = free_port()
    clock = TurnableClock(int(time.time()))
    async with running_authority(tmp_path, clock, issuer=f"http://localhost:{port}", port=port) as authority:
        site = Site(authority, chromium)
        yield site
        await site.close()
