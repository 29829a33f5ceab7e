"""How people are written to, by page: the profile, and links that a mail server brings."""

import time
from collections.abc import AsyncIterator
from email.message import EmailMessage
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Browser, expect

from service.domain.user import Role
from tests.api.oauth_fixtures import running_authority
from tests.application.mailbox import PASSWORD as SMTP_PASSWORD
from tests.application.mailbox import USER, Mailbox, certificate, mail_server
from tests.clock import TurnableClock
from tests.servers.process import free_port
from tests.ui.site import PASSWORD, Site

ZOE = "zoe@example.com"


@pytest_asyncio.fixture(loop_scope="session")
async def box(tmp_path: Path) -> AsyncIterator[Mailbox]:
    async with mail_server(certificate(tmp_path)) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def mailing_site(tmp_path: Path, chromium: Browser, box: Mailbox) -> AsyncIterator[Site]:
    """A service that sends its mails to the box."""
    password, port = tmp_path / "smtp-password", free_port()
    password.write_text(SMTP_PASSWORD)
    async with running_authority(
        tmp_path,
        TurnableClock(int(time.time())),
        issuer=f"http://localhost:{port}",
        port=port,
        smtp_host="localhost",
        smtp_port=box.port,
        smtp_user=USER,
        smtp_password_file=str(password),
        smtp_from="tokens@example.com",
        trusted_ca_file=str(tmp_path / "localhost.pem"),
    ) as authority:
        site = Site(authority, chromium)
        yield site
        await site.close()


def link_in(mail: EmailMessage) -> str:
    """The one-time link."""
    text = mail.get_body(("plain",)).get_content()
    [link] = [line for line in text.splitlines() if "/welcome#" in line]
    return link


async def test_an_address_is_said_on_the_profile(site: Site) -> None:
    """What is none is refused at its field; what is one is kept, with language and reminders."""
    await site.person("ann")
    page = await site.signed_in("ann", java_script_enabled=False)
    await page.goto("/profile")

    await page.get_by_label("E-mail address").fill("ann@nowhere")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("That is no e-mail address.")).to_be_visible()
    await page.get_by_label("E-mail address").fill("ann@example.com")
    await page.get_by_label("Language of the mails").select_option("de")
    await page.get_by_label("Remind me").uncheck()
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Saved.")).to_be_visible()

    await expect(page.get_by_label("E-mail address")).to_have_value("ann@example.com")
    await expect(page.get_by_label("Language of the mails")).to_have_value("de")
    await expect(page.get_by_label("Remind me")).not_to_be_checked()


async def test_an_invitation_and_a_forgotten_password_go_by_mail(mailing_site: Site, box: Mailbox) -> None:
    """The administrator sees no link; the mail's opens once, and so does that of a forgotten password."""
    site, post = mailing_site, mailing_site.authority.opened.post
    await site.person("root", role=Role.ADMINISTRATOR)
    root = await site.signed_in("root", java_script_enabled=False)
    await root.goto("/admin/people")
    await root.get_by_text("Invite somebody").click()
    await root.get_by_label("Name", exact=True).fill("zoe")
    await root.get_by_label("E-mail address").fill(ZOE)
    await root.get_by_role("button", name="Make a one-time link").click()
    await expect(root.get_by_text("A one-time link is on its way to them by mail.")).to_be_visible()
    assert "/welcome#" not in await root.content()

    await post.once()
    zoe = await site.window()
    await zoe.goto(link_in(box.mails[0]))
    await zoe.get_by_label("New password").fill(PASSWORD)
    await zoe.get_by_role("button", name="Set password and sign in").click()
    await expect(zoe).to_have_url(f"{site.address}/token")

    stranger = await site.window(java_script_enabled=False)
    for name in ("zoe", "nobody"):
        await stranger.goto("/forgotten")
        await stranger.get_by_label("Name", exact=True).fill(name)
        await stranger.get_by_role("button", name="Send the link").click()
        await expect(stranger.get_by_text("If there is such an account")).to_be_visible()
    await post.once()

    assert [mail["To"] for mail in box.mails] == [ZOE, ZOE]
    assert link_in(box.mails[1]) != link_in(box.mails[0])
