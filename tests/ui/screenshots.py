"""The pictures of the documentation: `python -m tests.ui.screenshots [NAME ...]` writes docs/images/NAME-SCHEME.png."""

import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from playwright.async_api import Page, async_playwright

from service.domain.edit import Edit
from service.domain.issuance import Expiry, TokenRequest
from service.domain.user import Grant, GrantKind, Role, User
from tests.api.oauth_fixtures import Authority, running_authority
from tests.clock import TurnableClock
from tests.servers.process import free_port
from tests.tools.pieces import ROOT, require
from tests.ui.site import Site

IMAGES: Final = ROOT / "docs" / "images"
DAY: Final = 86_400
WIDE: Final = {"width": 1040, "height": 680}
PHONE: Final = {"width": 390, "height": 780}
TOKENS: Final = (
    ("Old laptop", ("company:view",), 200),
    ("Load test in staging", ("automation:view",), 30),
    ("BI dashboard", ("dashboard:view", "company:view"), None),
    ("CI: deploy of the website", ("automation:manage",), 90),
    ("Nightly export to the warehouse", ("connectors:view", "company:view", "dashboard", "embed:view"), 12),
    ("Power Automate – weekly report", ("automation:view", "dashboard:view"), 2),
)


async def people_and_tokens(authority: Authority, site: Site) -> User:
    """An organisation a while after it began."""
    services = authority.services
    ann = await site.person("ann", role=Role.ADMINISTRATOR)
    for name in ("ben", "carla", "dmitri"):
        await site.person(name)
    made = {}
    for note, scopes, days in TOKENS:
        request = TokenRequest(note=note, scopes=scopes, expiry=Expiry(days=days))
        made[note] = await services.issue(request, owner_id=ann.id, actor=f"user:{ann.id}")
    for note in ("BI dashboard", "Power Automate – weekly report", "CI: deploy of the website"):
        authority.clock.advance(3_700)
        await authority.introspect(made[note].jwt.reveal(), client_ip="203.0.113.24")
        await services.usage.record()
    token = made["Load test in staging"].token
    await services.edit(token.id, Edit(suspended=True), owner_id=ann.id, actor="x", administrator=False)
    await services.revoke(made["Old laptop"].token.id, owner_id=ann.id, actor=f"user:{ann.id}", reason="lost")
    await services.machines.create(
        name="nightly", responsible=["ann", "ben"], grant=Grant(GrantKind.DEFAULT), actor="x"
    )
    return ann


async def listed(page: Page) -> None:
    await page.goto("/tokens")


async def made_anew(page: Page) -> None:
    await page.goto("/tokens")
    await page.get_by_role("link", name="Generate").first.click()
    await page.get_by_label("What is it for?").fill("Power Automate – invoices")


async def shown(page: Page) -> None:
    await made_anew(page)
    await page.get_by_label("What is it for?").fill("Power Automate – orders")
    await page.get_by_role("button", name="Create token").click()
    await page.get_by_label("The token's value").wait_for()


async def first_token(page: Page) -> None:
    await page.goto("/token")


async def one_token(page: Page) -> None:
    await page.goto("/tokens?state=revoked")
    await page.get_by_role("link", name="Old laptop").click()
    await page.get_by_role("heading", name="Where it is refused").wait_for()


async def keys(page: Page) -> None:
    await page.goto("/admin/keys")


Picture = tuple[str, Callable[[Page], Awaitable[None]], dict[str, int]]
PICTURES: Final[dict[str, Picture]] = {
    "phone": ("ann", listed, PHONE),
    "first-token": ("ben", first_token, WIDE),
    "tokens": ("ann", listed, WIDE),
    "new-token": ("ann", made_anew, WIDE),
    "shown-once": ("ann", shown, WIDE),
    "revoked": ("ann", one_token, WIDE),
    "keys": ("ann", keys, WIDE),
}


async def take(site: Site, name: str, scheme: str) -> None:
    who, lead, size = PICTURES[name]
    page = await site.signed_in(who, viewport=size, color_scheme=scheme, device_scale_factor=1)
    await lead(page)
    await page.wait_for_timeout(400)
    await page.screenshot(path=IMAGES / f"{name}-{scheme}.png", animations="disabled")


async def main(names: list[str]) -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    port, clock = free_port(), TurnableClock(int(time.time()) - 200 * DAY)
    issuer = f"http://localhost:{port}"
    with tempfile.TemporaryDirectory() as folder:
        async with (
            async_playwright() as playwright,
            running_authority(Path(folder), clock, issuer=issuer, port=port) as authority,
        ):
            piece = require("chromium")
            browser = await playwright.chromium.launch(executable_path=piece.path, args=["--no-sandbox"])
            site = Site(authority, browser)
            for _ in range(4):
                await authority.services.rotate_keys.when_due()
                clock.advance(50 * DAY)
            await people_and_tokens(authority, site)
            for name in names or PICTURES:
                for scheme in ("light", "dark"):
                    await take(site, name, scheme)
            await browser.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
