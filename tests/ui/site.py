"""A site as people see it: accounts, browsers, and what browsers complained about."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Browser, BrowserContext, Page

from service.domain.secret import Secret
from service.domain.session import Carrier
from service.domain.user import Grant, GrantKind, Role, User
from tests.api.oauth_fixtures import Authority

PASSWORD = "a slow walk along the grey canal"
PATIENCE = 20_000
"""Milliseconds that a busy machine may take to show something."""


@dataclass
class Windows:
    """Windows of browsers at one service."""

    address: str
    chromium: Browser
    contexts: list[BrowserContext] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    """What any page said on its console, threw, or asked of another host."""

    async def window(self, **options: Any) -> Page:
        """A window of a browser that nobody is signed in to."""
        settings = {
            "locale": "en-GB",
            "timezone_id": "Europe/Berlin",
            "viewport": {"width": 1280, "height": 860},
        }
        context = await self.chromium.new_context(base_url=self.address, **{**settings, **options})
        context.set_default_timeout(PATIENCE)
        self.contexts.append(context)
        page = await context.new_page()
        self._listen(page)
        return page

    async def signed_in(self, name: str = "ann", password: str = PASSWORD, **options: Any) -> Page:
        """A window of somebody who has just signed in."""
        page = await self.window(**options)
        await sign_in(page, name, password)
        return page

    def _listen(self, page: Page) -> None:
        host = urlsplit(self.address).netloc
        page.on(
            "console", lambda said: said.type in {"error", "warning"} and self.complaints.append(said.text)
        )
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on(
            "request",
            lambda asked: urlsplit(asked.url).netloc not in {host, ""} and self.complaints.append(asked.url),
        )

    async def close(self) -> None:
        for context in self.contexts:
            await context.close()


class Site(Windows):
    """With the service's use cases at hand."""

    def __init__(self, authority: Authority, chromium: Browser) -> None:
        super().__init__(authority.issuer, chromium)
        self.authority = authority

    async def person(self, name: str = "ann", *, role: Role = Role.USER, grant: Grant | None = None) -> User:
        services = self.authority.services
        user, link = await services.create_user(
            name=name, role=role, grant=grant or Grant(GrantKind.ALL), actor="test"
        )
        await services.invitations.accept(link, Secret(PASSWORD), name=None, carrier=Carrier.COOKIE)
        return user


async def sign_in(page: Page, name: str, password: str = PASSWORD) -> None:
    await page.goto("/sign-in")
    await page.get_by_label("Name").fill(name)
    await page.get_by_label("Password").fill(password)
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url(lambda url: "/sign-in" not in url)
