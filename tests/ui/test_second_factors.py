"""Second factors click by click: an app with and without scripts, passkeys with Chromium's authenticator."""

from dataclasses import replace

from playwright.async_api import Locator, Page, expect

from service.domain.identifiers import to_wire
from service.domain.user import Role
from service.web.links import invitation_link
from tests.ui.factors import add_passkey, authenticator, give_password, set_up_app
from tests.ui.site import PASSWORD, Site, sign_in
from tests.ui.test_every_page import ASK, AXE, WCAG

ANOTHER = "quite another evening by the river bank"


def complaints(site: Site) -> list[str]:
    """But for the answers that these tests provoke."""
    return [text for text in site.complaints if not any(code in text for code in ("401", "422", "403"))]


async def judge(page: Page) -> list[str]:
    await page.evaluate(AXE.read_text())
    return await page.evaluate(ASK, WCAG)


async def signed_in_name(page: Page) -> str:
    await page.goto("/profile")
    return " ".join((await page.get_by_role("heading", level=1).text_content()).split())


async def test_an_app_from_the_picture_to_the_next_sign_in(site: Site) -> None:
    """Set up by the key that stands beside the picture; the next sign-in asks for the code, and a wrong one again."""
    await site.person("ann")
    page = await site.signed_in("ann")
    app, codes = await set_up_app(site, page)
    await expect(page.get_by_text("10 codes are left")).to_be_visible()
    other = await site.window()

    await give_password(other, "ann")
    await other.get_by_label("Code").fill("000000")
    await other.get_by_role("button", name="Sign in").click()
    await expect(other.get_by_role("alert")).to_contain_text("not right")
    await other.get_by_label("Code").fill(app.code())
    await other.get_by_role("button", name="Sign in").click()
    await other.wait_for_url(lambda url: "/sign-in" not in url)

    assert len(set(codes)) == 10
    assert await signed_in_name(other) == "ann User"
    assert complaints(site) == []


async def test_the_picture_says_what_the_key_says(site: Site) -> None:
    """Its modules are drawn in the page itself, black on white in either scheme, from no other place (CSP)."""
    await site.person("ann")
    page = await site.signed_in("ann", color_scheme="dark")
    await page.goto("/settings/security")

    await page.get_by_role("button", name="Add an authenticator app").click()

    picture = page.get_by_role("img", name="QR code")
    assert await picture.locator("svg.qr path").get_attribute("stroke") == "#000"
    ground = await picture.evaluate("each => getComputedStyle(each).backgroundColor")
    assert ground == "rgb(255, 255, 255)"
    assert complaints(site) == []


async def test_without_scripts_an_app_and_a_recovery_code_do(site: Site) -> None:
    """Set up, sign in, confirm a change, all by forms alone; no button is shown that would need a script."""
    await site.person("ann")
    page = await site.signed_in("ann", java_script_enabled=False)
    app, codes = await set_up_app(site, page)
    assert await page.get_by_role("button", name="Add a passkey").count() == 0
    other = await site.window(java_script_enabled=False)

    await give_password(other, "ann")
    await other.get_by_label("Code").fill(codes[0])
    await other.get_by_role("button", name="Sign in").click()
    await expect(other.get_by_text("A recovery code of your account was used.")).to_be_visible()
    await other.get_by_role("button", name="Understood").click()
    await expect(other.get_by_text("9 codes are left")).to_be_visible()
    site.authority.clock.advance(400)
    await other.get_by_role("button", name="Make new codes").click()
    await other.get_by_label("Password").fill(PASSWORD)
    await other.get_by_label("Code").fill(app.code())
    await other.get_by_role("button", name="Confirm and go on").click()

    fresh = (await other.get_by_label("Recovery codes").input_value()).split("\n")
    assert len(fresh) == 10
    assert not set(fresh) & set(codes)


async def test_the_question_for_the_password_asks_for_the_code_too(site: Site) -> None:
    """An aged session: the dialog has both fields; by the password alone nothing is done, and nothing typed is lost."""
    await site.person("ann")
    page = await site.signed_in("ann")
    app, _ = await set_up_app(site, page)
    site.authority.clock.advance(400)
    await page.goto("/tokens/new")
    await page.get_by_label("What is it for?").fill("my flow")
    await page.get_by_role("button", name="Create token").click()

    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Confirm and go on").click()
    await expect(page.get_by_text("Password or second factor is wrong.")).to_be_visible()
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_label("Code").fill(app.code())
    await page.get_by_role("button", name="Confirm and go on").click()

    await expect(page.get_by_label("The token's value")).to_be_visible()
    await expect(page.get_by_text("my flow")).to_be_visible()


async def test_a_passkey_is_made_asked_for_and_confirms_alone(site: Site) -> None:
    """Made on the page; with the password it signs in; in the dialog it stands for password and code (§4a). Its count
    rises in the database.
    """
    ann = await site.person("ann")
    page = await site.signed_in("ann")
    await authenticator(page)
    await add_passkey(page)
    await page.get_by_role("link", name="I have stored them").click()
    await expect(page.locator("strong", has_text="laptop")).to_be_visible()
    await page.goto("/")
    await page.get_by_text("AN", exact=True).click()
    await page.get_by_role("button", name="Sign out").click()

    await give_password(page, "ann")
    await page.get_by_role("button", name="Use a passkey").click()
    await page.wait_for_url(lambda url: "/sign-in" not in url)
    site.authority.clock.advance(400)
    await page.goto("/tokens/new")
    await page.get_by_label("What is it for?").fill("my flow")
    await page.get_by_role("button", name="Create token").click()
    await page.get_by_role("button", name="Use a passkey instead").click()
    await expect(page.get_by_label("The token's value")).to_be_visible()

    [factor] = (await site.authority.services.second_factors.own(ann.id)).factors
    assert factor.counter >= 2
    assert complaints(site) == []


async def test_a_key_that_knows_no_user_confirms_only_beside_the_password(site: Site) -> None:
    """A bare security key shows that it is there, not who holds it: alone it confirms nothing."""
    await site.person("ann")
    page = await site.signed_in("ann")
    await authenticator(page, resident=False)
    await add_passkey(page, "key")
    await page.get_by_role("link", name="I have stored them").click()
    site.authority.clock.advance(400)
    await page.goto("/tokens/new")
    await page.get_by_label("What is it for?").fill("my flow")
    await page.get_by_role("button", name="Create token").click()

    await page.get_by_role("button", name="Use a passkey instead").click()
    await expect(page.get_by_text("Password or second factor is wrong.")).to_be_visible()
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Use a passkey instead").click()

    await expect(page.get_by_label("The token's value")).to_be_visible()


async def test_one_passkey_is_added_once(site: Site) -> None:
    """The browser itself refuses to make a second one on the same key, and says so on the page."""
    await site.person("ann")
    page = await site.signed_in("ann")
    await authenticator(page)
    await add_passkey(page)
    await page.get_by_role("link", name="I have stored them").click()

    await add_passkey(page, "again")

    await expect(page.get_by_text("The passkey was not used.")).to_be_visible()


async def test_a_reset_link_asks_for_the_code(site: Site) -> None:
    """The page says that the link does not replace the factor; with it the password is set and one is in."""
    ann = await site.person("ann")
    page = await site.signed_in("ann")
    app, _ = await set_up_app(site, page)
    secret = await site.authority.services.governance.password_link(ann.id, actor="test")
    other = await site.window()

    await other.goto(invitation_link(site.address, secret))
    await other.get_by_label("New password").fill(ANOTHER)
    await other.get_by_role("button", name="Set password and sign in").click()
    await expect(other.get_by_text("which the link does not replace")).to_be_visible()
    await other.get_by_label("New password").fill(ANOTHER)
    await other.get_by_label("Code").fill(app.code())
    await other.get_by_role("button", name="Set password and sign in").click()
    await other.wait_for_url(lambda url: "/welcome" not in url)

    assert await signed_in_name(other) == "ann User"


async def test_a_password_is_changed_with_the_code(site: Site) -> None:
    """The form asks for it as soon as there is a second factor."""
    await site.person("ann")
    page = await site.signed_in("ann")
    app, _ = await set_up_app(site, page)
    await page.goto("/settings/security")

    for code in ("", "000000", app.code()):
        await page.get_by_label("Present password").fill(PASSWORD)
        await page.get_by_label("New password").fill(ANOTHER)
        await page.get_by_label("Code").fill(code)
        await page.get_by_role("button", name="Change password").click()
        await page.wait_for_load_state()

    await expect(page.get_by_text("Your password is changed.")).to_be_visible()


async def test_who_must_have_one_is_led_to_set_it_up(site: Site) -> None:
    """Policy `all`: whatever page is opened, it is the one that sets a second factor up; then everything opens."""
    await site.person("ann")
    services = site.authority.services
    catalogue = services.current.catalogue
    demanding = replace(catalogue, policy=replace(catalogue.policy, second_factor="all"))
    await services.apply_catalogue(demanding, actor="test")
    page = await site.window()

    await sign_in(page, "ann")
    await page.goto("/tokens")
    await expect(page.get_by_text("Your administrator asks for a second factor.")).to_be_visible()
    assert page.url.endswith("/settings/security?needed=1")
    await set_up_app(site, page)
    await page.goto("/tokens")

    assert page.url.endswith("/tokens")


async def test_an_administrator_resets_and_the_owner_sees_it(site: Site) -> None:
    """One button on the person's page; the owner's open window says so, until they have read it."""
    ann, root = await site.person("ann"), await site.person("root", role=Role.ADMINISTRATOR)
    window = await site.signed_in("ann")
    await set_up_app(site, window)
    page = await site.signed_in(root.name)

    await page.goto(f"/admin/people/{to_wire(ann.id)}")
    await page.get_by_role("button", name="Reset the second factor").click()
    await expect(page.get_by_text("The second factor is gone")).to_be_visible()
    await window.goto("/tokens")
    said = window.get_by_text("An administrator removed the second factor of your account.")
    await expect(said).to_be_visible()
    await window.get_by_role("button", name="Understood").click()

    await expect(window.get_by_role("heading", name="Second factor")).to_be_visible()
    assert await said.count() == 0


async def test_a_factor_is_named_and_removed(site: Site) -> None:
    """By its row on the page; with the last one the sign-in is by the password alone again."""
    await site.person("ann")
    page = await site.signed_in("ann")
    await set_up_app(site, page)

    await page.get_by_text("Rename").click()
    await page.get_by_label("Name of Authenticator app").fill("old phone")
    await page.get_by_role("button", name="Save").click()
    await page.get_by_role("button", name="Remove old phone").click()

    await expect(page.get_by_text("It is not asked for any more.")).to_be_visible()
    await sign_in(await site.window(), "ann")


async def test_axe_finds_nothing_where_a_second_factor_is_asked_for(site: Site) -> None:
    """Set-up, codes, list, second step, dialog, and at 360 pixels nothing is wider than the screen (WCAG 2.2 AA)."""
    await site.person("ann")
    page = await site.signed_in("ann", viewport={"width": 360, "height": 740})
    found, too_wide = [], {}

    async def look(name: str, sign: Locator) -> None:
        await expect(sign).to_be_visible()  # the page that was asked for, not the one before it
        await page.wait_for_load_state()
        found.extend(f"{name} {fault}" for fault in await judge(page))
        width = await page.evaluate("document.documentElement.scrollWidth")
        if width > 360:
            too_wide[name] = width

    await authenticator(page)
    await add_passkey(page)
    await look("codes", page.get_by_role("link", name="I have stored them"))
    await page.get_by_role("link", name="I have stored them").click()
    await look("list", page.get_by_role("button", name="Add an authenticator app"))
    await page.get_by_role("button", name="Add an authenticator app").click()
    await look("app", page.get_by_role("img", name="QR code"))
    await page.goto("/settings/security")
    await page.get_by_role("button", name="Add a passkey").click()
    await look("passkey", page.locator("[data-passkey-new]"))
    site.authority.clock.advance(400)
    await page.goto("/settings/security")
    await page.get_by_role("button", name="Make new codes").click()
    await look("question", page.get_by_label("Password"))
    stranger = page
    await stranger.context.clear_cookies()
    await give_password(stranger, "ann")
    await look("second step", page.get_by_label("Code"))

    assert (found, too_wide) == ([], {})
