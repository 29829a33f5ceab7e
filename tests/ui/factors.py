"""Second factors as browsers have them: an app that looks at the service's clock, and Chromium's own authenticator."""

from dataclasses import dataclass

import pyotp
from playwright.async_api import CDPSession, Page

from tests.ui.site import PASSWORD, Site

STEP = 30


@dataclass
class App:
    """An authenticator app."""

    site: Site
    secret: str

    def code(self) -> str:
        """One that was not used before."""
        return pyotp.TOTP(self.secret).at(self.site.authority.clock.advance(STEP))


async def set_up_app(site: Site, page: Page) -> tuple[App, list[str]]:
    """By the page, in a session that was confirmed lately; answers the recovery codes as well."""
    await page.goto("/settings/security")
    await page.get_by_role("button", name="Add an authenticator app").click()
    secret = (await page.locator("code.spelled").text_content()).replace(" ", "")
    app = App(site, secret)
    await page.get_by_label("Code that the app shows").fill(app.code())
    await page.get_by_role("button", name="Turn on").click()
    codes = (await page.get_by_label("Recovery codes").input_value()).split("\n")
    await page.get_by_role("link", name="I have stored them").click()
    return app, codes


@dataclass
class Authenticator:
    """Chromium's virtual one, which answers at once."""

    cdp: CDPSession
    id: str

    async def stop(self) -> None:
        await self.cdp.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": self.id})

    async def knows_its_user(self, *, verified: bool) -> None:
        """Whether finger or PIN are right."""
        await self.cdp.send(
            "WebAuthn.setUserVerified", {"authenticatorId": self.id, "isUserVerified": verified}
        )

    async def credentials(self) -> list[dict[str, object]]:
        got = await self.cdp.send("WebAuthn.getCredentials", {"authenticatorId": self.id})
        return got["credentials"]


async def authenticator(page: Page, *, resident: bool = True) -> Authenticator:
    """A fresh one in this window."""
    cdp = await page.context.new_cdp_session(page)
    await cdp.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal" if resident else "usb",
        "hasResidentKey": resident,
        "hasUserVerification": resident,
        "isUserVerified": resident,
        "automaticPresenceSimulation": True,
    }
    added = await cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return Authenticator(cdp, added["authenticatorId"])


async def add_passkey(page: Page, name: str = "laptop") -> None:
    await page.goto("/settings/security")
    await page.get_by_role("button", name="Add a passkey").click()
    await page.get_by_label("Name").fill(name)
    await page.get_by_role("button", name="Make the passkey").click()


async def give_password(page: Page, name: str, password: str = PASSWORD) -> None:
    """The first step of signing in."""
    await page.goto("/sign-in")
    await page.get_by_label("Name").fill(name)
    await page.get_by_label("Password").fill(password)
    await page.get_by_role("button", name="Sign in").click()
    await page.get_by_role("heading", name="One more step").wait_for()
