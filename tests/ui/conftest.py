"""Pages in a real Chromium against a real service; one browser and one event loop for all of them."""

import inspect
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright, expect

from tests.api.oauth_fixtures import running_authority
from tests.clock import TurnableClock
from tests.servers.process import free_port
from tests.tools.pieces import require
from tests.ui.site import PATIENCE, Site

expect.set_options(timeout=PATIENCE)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents and inspect.iscoroutinefunction(getattr(item, "function", None)):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def chromium() -> AsyncIterator[Browser]:
    piece = require("chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=piece.path,
            args=["--no-sandbox", "--disable-dev-shm-usage"],
            env={"LANG": "C.UTF-8", **piece.environment},
        )
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def simple_site(tmp_path: Path, chromium: Browser) -> AsyncIterator[Site]:
    """The same with the one-button page alone."""
    port = free_port()
    clock = TurnableClock(int(time.time()))
    issuer = f"http://localhost:{port}"
    async with running_authority(tmp_path, clock, issuer=issuer, port=port, pages_mode="simple") as authority:
        site = Site(authority, chromium)
        yield site
        await site.close()


@pytest_asyncio.fixture(loop_scope="session")
async def site(tmp_path: Path, chromium: Browser) -> AsyncIterator[Site]:
    """A service of this test's own on SQLite, and people to look at it."""
    port = free_port()
    clock = TurnableClock(int(time.time()))
    async with running_authority(tmp_path, clock, issuer=f"http://localhost:{port}", port=port) as authority:
        site = Site(authority, chromium)
        yield site
        await site.close()
