"""A platform's own page with our token management in it, in a real browser (docs/sso.md)."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from aiohttp import web
from playwright.async_api import Browser

from tests.api.oauth_fixtures import running_authority
from tests.clock import RunningClock
from tests.elsewhere.hostile_provider import HostileProvider, running_provider, sso_file
from tests.servers.process import free_port
from tests.ui.site import Site

CALL = """async ([address, bearer]) => {
  const call = async (method, path, body) => {
    const answer = await fetch(address + path, {
      method, body: body && JSON.stringify(body),
      headers: { Authorization: `Bearer ${bearer}`, ...(body && { "Content-Type": "application/json" }) },
    });
    return { status: answer.status, told: answer.headers.get("WWW-Authenticate"), said: await answer.json() };
  };
  const path = "/v1/personal-access-tokens";
  const made = await call("POST", path, { note: "weekly report", scopes: ["automation:view"], expiration: 30 });
  const listed = await call("GET", path);
  return { made, listed };
}"""


@pytest_asyncio.fixture(loop_scope="session")
async def embedded(tmp_path: Path, chromium: Browser) -> AsyncIterator[tuple[Site, HostileProvider, str]]:
    """A service, the platform's issuer, and the origin of the platform's page; each on an address of its own."""
    port, page_port, clock = free_port(), free_port(), RunningClock()
    origin = f"http://localhost:{page_port}"
    async with running_provider(clock) as issuer:
        file = sso_file(
            tmp_path,
            f"""
[[platforms]]
issuer = "{issuer.issuer}"
audience = "https://tokens.example/manage"
scope = "tokens:manage"
clients = ["settings-page"]
origins = ["{origin}"]
create_users = true
""",
        )
        settings = {"issuer": f"http://localhost:{port}", "port": port, "sso_file": file}
        async with running_authority(tmp_path, clock, **settings) as authority:
            runner = web.AppRunner(_platform())
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", page_port).start()
            site = Site(authority, chromium)
            yield site, issuer, origin
            await site.close()
            await runner.cleanup()


def _platform() -> web.Application:
    async def settings_page(_request: web.Request) -> web.Response:
        return web.Response(text="<!doctype html><title>Settings</title>", content_type="text/html")

    app = web.Application()
    app.router.add_get("/settings", settings_page)
    return app


def a_token(issuer: HostileProvider, **claims: object) -> str:
    now = issuer.clock()
    usual = {
        "iss": issuer.issuer,
        "aud": "https://tokens.example/manage",
        "sub": "ann",
        "iat": now,
        "exp": now + 600,
        "client_id": "settings-page",
        "scope": "tokens:manage",
    }
    return issuer.jwt({**usual, **claims}, typ="at+jwt")


async def test_a_page_of_the_platform_makes_a_token_and_any_other_page_does_not(
    embedded: tuple[Site, HostileProvider, str],
) -> None:
    """Threats 14, in a browser: preflight, call, step-up that the page can read; from another origin nothing at all."""
    site, issuer, origin = embedded
    page = await site.window()
    await page.goto(f"{origin}/settings")

    stale = await page.evaluate(CALL, [site.address, a_token(issuer)])
    fresh = await page.evaluate(CALL, [site.address, a_token(issuer, auth_time=issuer.clock())])
    await page.goto(f"{origin.replace('localhost', '127.0.0.1')}/settings")
    elsewhere = await page.evaluate(
        f"args => ({CALL})(args).then(() => 'in', () => 'refused')",
        [site.address, a_token(issuer, auth_time=issuer.clock())],
    )

    assert (stale["made"]["status"], stale["listed"]["said"]) == (401, [])
    assert "insufficient_user_authentication" in stale["made"]["told"]
    assert fresh["made"]["status"] == 201
    assert [each["note"] for each in fresh["listed"]["said"]] == ["weekly report"]
    assert elsewhere == "refused"
