"""One browser and one event loop for all tests of pages."""

import inspect
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright, expect

from tests.tools.pieces import require
from tests.ui.site import PATIENCE

expect.set_options(timeout=PATIENCE)
PAGES = tuple(Path(__file__).parents[1] / name for name in ("ui", "parity"))
"""Folders whose tests share the browser's event loop."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if inspect.iscoroutinefunction(getattr(item, "function", None)) and any(
            folder in item.path.parents for folder in PAGES
        ):
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
