"""Signing in through an OpenID provider that nobody here wrote, in a real browser (panva's oidc-provider)."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Browser, Page

from tests.api.oauth_fixtures import running_authority
from tests.clock import RunningClock
from tests.elsewhere.hostile_provider import CLIENT_ID, CLIENT_SECRET, a_provider, sso_file
from tests.elsewhere.oidc_provider import OidcProvider, running_oidc_provider
from tests.servers.leash import Leash
from tests.servers.process import free_port
from tests.ui.site import Site

GRANTS = """
[[providers.grants]]
claim = "groups"
value = "flows"
scopes = ["automation"]
"""


@pytest_asyncio.fixture(loop_scope="session")
async def home(
    tmp_path: Path, chromium: Browser, node: Path, leash: Leash
) -> AsyncIterator[tuple[Site, OidcProvider]]:
    """A service and the provider that it is registered at."""
    port = free_port()
    issuer = f"http://localhost:{port}"
    client = {
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "redirect_uris": [f"{issuer}/sign-in/with/home/answer"],
        "post_logout_redirect_uris": [f"{issuer}/sign-in?signed_out=1"],
        "backchannel_logout_uri": f"{issuer}/oauth2/backchannel-logout/home",
        "backchannel_logout_session_required": True,
    }
    with running_oidc_provider(node, leash, [client]) as provider:
        file = sso_file(tmp_path, a_provider(provider.issuer, more=GRANTS))
        settings = {"issuer": issuer, "port": port, "sso_file": file}
        async with running_authority(tmp_path, RunningClock(), **settings) as authority:
            site = Site(authority, chromium)
            yield site, provider
            await site.close()


async def prove(page: Page, name: str) -> None:
    """The provider's own pages."""
    await page.get_by_placeholder("Enter any login").fill(name)
    await page.get_by_placeholder("and password").fill("whatever")
    await page.get_by_role("button", name="Sign-in").click()


async def test_people_come_from_their_provider_and_make_a_token(home: tuple[Site, OidcProvider]) -> None:
    """The whole way in a browser: the button, the provider's pages, the page one wanted, a change confirmed by being
    asked anew, in a window of its own, while the form stays (threats 14).
    """
    site, provider = home
    page = await site.window()
    await page.goto("/tokens/new?note=Acme&scopes=automation:view&expires_in=30")
    await page.get_by_role("link", name="Sign in with Home & Co").click()
    await prove(page, "ann+flows")
    await page.get_by_role("button", name="Continue").click()
    await page.wait_for_url("**/tokens/new?**")
    await page.get_by_role("button", name="Create token").click()
    async with page.expect_popup() as opening:
        await page.get_by_role("link", name="Confirm with Home & Co").click()
    popup = await opening.value
    await prove(popup, "ann+flows")
    await popup.wait_for_url("**/confirmed")
    await popup.close()
    await page.get_by_role("button", name="Confirm and go on").click()

    value = await page.get_by_label("The token's value").input_value()
    assert await site.authority.services.recognise(value) is not None
    assert "error" not in provider.log


async def test_signing_out_at_the_provider_signs_out_here(home: tuple[Site, OidcProvider]) -> None:
    """Back-channel logout by a provider that nobody here wrote: its own session ends, and ours with it."""
    site, provider = home
    page = await site.window()
    await page.goto("/tokens")
    await page.get_by_role("link", name="Sign in with Home & Co").click()
    await prove(page, "bea")
    await page.get_by_role("button", name="Continue").click()
    await page.wait_for_url("**/tokens")

    await page.goto(f"{provider.issuer}/session/end")
    await page.get_by_role("button", name="Yes, sign me out").click()
    await page.wait_for_url("**/session/end/success**")
    await page.goto("/tokens")

    await page.wait_for_url("**/sign-in?next=**")
    assert "backchannel.success" in provider.log
    assert "error" not in provider.log
