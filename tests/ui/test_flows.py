"""What people come for, click by click (pages.md)."""

import asyncio
from contextlib import suppress
from dataclasses import replace

from playwright.async_api import Error, Page, expect

from service.domain.issuance import Expiry, TokenRequest
from service.domain.user import Grant, GrantKind, Role
from service.web.links import invitation_link
from tests.ui.site import PASSWORD, PATIENCE, Site, sign_in

DAY = 86_400


async def make_a_token(page, note: str) -> str:
    """From the list, in the dialog; answers the value that was shown."""
    await page.goto("/tokens")
    await page.get_by_role("link", name="Generate").first.click()
    await page.get_by_label("What is it for?").fill(note)
    await page.get_by_role("button", name="Create token").click()
    return await page.get_by_label("The token's value").input_value()


async def reason_of(site: Site, value: str) -> str | None:
    """Why a value is not honoured; None while it is."""
    return (await site.authority.services.recognise(value)).truth.reason


async def test_the_first_administrator_begins_with_a_link(site: Site) -> None:
    """From the one-time link to a token that works, without a manual; the secret leaves the address (threats 28)."""
    secret = await site.authority.services.invitations.for_first_administrator()
    page = await site.window()

    await page.goto(invitation_link(site.address, secret))
    assert "#" not in page.url
    await page.get_by_label("New password").fill(PASSWORD)
    await page.get_by_role("button", name="Set password and sign in").click()
    await expect(page.get_by_role("heading", name="Let an app act for you")).to_be_visible()
    await page.get_by_label("What is it for?").fill("my first flow")
    await page.get_by_role("button", name="Create token").click()

    value = await page.get_by_label("The token's value").input_value()
    assert await reason_of(site, value) is None
    assert site.complaints == []


async def test_virtuozzo_asks_for_the_password_at_every_change(site: Site) -> None:
    """Policy `every`: each change has its own confirmation, a removal too, and goes on from where it was."""
    services = site.authority.services
    catalogue = services.current.catalogue
    strict = replace(catalogue, policy=replace(catalogue.policy, confirm="every"))
    await services.apply_catalogue(strict, actor="test")
    issued = await site.authority.token(await site.person("ann"))
    page = await site.signed_in("ann")

    await page.goto("/tokens")
    await page.get_by_label("Select test").check()
    await page.get_by_role("button", name="Pause").click()
    await page.locator("dialog").get_by_role("button", name="Pause", exact=True).click()
    await page.get_by_text("Paused: nothing accepts it").wait_for()
    await page.get_by_role("link", name="Remove…").click()
    await page.get_by_role("button", name="Remove", exact=True).click()
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Confirm and go on").click()

    await expect(page.get_by_text("Removed: it is refused")).to_be_visible()
    assert await reason_of(site, issued.jwt.reveal()) == "revoked"


async def test_every_action_by_keyboard(site: Site) -> None:
    """No mouse: sign in, open the dialog, fill it, create, leave it, choose a row, remove; focus comes back."""
    await site.person("ann")
    await site.authority.token(await site.authority.services.find_user("ann"))
    page = await site.window()
    await page.goto("/sign-in")
    keys = page.keyboard
    await keys.type("ann")
    await keys.press("Tab")
    await keys.type(PASSWORD)
    await keys.press("Enter")
    await page.wait_for_url("**/tokens")

    generate = page.get_by_role("link", name="Generate")
    await generate.focus()
    await keys.press("Enter")
    await page.get_by_role("heading", name="New token").wait_for()
    await keys.press("Escape")
    await expect(generate).to_be_focused()
    await keys.press("Enter")
    await page.get_by_label("What is it for?").wait_for()
    await keys.type("by keys")
    await keys.press("Enter")
    await page.get_by_label("The token's value").wait_for()
    await page.get_by_role("button", name="Copy", exact=True).focus()
    await keys.press("Enter")
    await page.get_by_text("Copied", exact=True).wait_for()
    await keys.press("Escape")
    box = page.get_by_label("Select by keys")
    await box.focus()
    await keys.press("Space")
    await keys.press("Delete")
    remove = page.get_by_role("button", name="Remove", exact=True)
    await remove.focus()
    await keys.press("Enter")

    await expect(page.get_by_text("Removed: it is refused")).to_be_visible()
    assert site.complaints == []


async def test_an_aged_session_is_asked_and_what_was_typed_goes_on(site: Site) -> None:
    """The question for the password comes in between; a wrong one changes nothing, the right one resumes (R52)."""
    await site.person("ann")
    page = await site.signed_in("ann")
    await page.goto("/tokens")
    await page.get_by_role("link", name="Generate").first.click()
    await page.get_by_label("What is it for?").fill("kept")
    site.authority.clock.advance(400)

    await page.get_by_role("button", name="Create token").click()
    await page.get_by_label("Password").fill("wrong")
    await page.get_by_role("button", name="Confirm and go on").click()
    await expect(page.get_by_text("Wrong password. Nothing was changed.")).to_be_visible()
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Confirm and go on").click()

    await expect(page.get_by_text("The value of kept")).to_be_visible()
    await expect(page.get_by_text(PASSWORD)).to_have_count(0)


async def test_cancelling_the_question_gives_the_form_back(site: Site) -> None:
    """Whoever does not know the password has lost nothing that was typed."""
    await site.person("ann")
    page = await site.signed_in("ann")
    await page.goto("/tokens")
    await page.get_by_role("link", name="Generate").first.click()
    await page.get_by_label("What is it for?").fill("kept")
    site.authority.clock.advance(400)

    await page.get_by_role("button", name="Create token").click()
    await page.get_by_label("Password").wait_for()
    await page.get_by_role("link", name="Cancel").click()

    await expect(page.get_by_label("What is it for?")).to_have_value("kept")


async def test_two_tabs_of_one_person(site: Site) -> None:
    """To confirm in one tab gives the session another secret; the form in the other tab still goes through (R48)."""
    await site.person("ann")
    first = await site.signed_in("ann")
    second = await first.context.new_page()
    await second.goto("/tokens/new")
    await second.get_by_label("What is it for?").fill("second")
    site.authority.clock.advance(400)

    await first.goto("/tokens/new")
    await first.get_by_label("What is it for?").fill("first")
    await first.get_by_role("button", name="Create token").click()
    await first.get_by_label("Password").fill(PASSWORD)
    await first.get_by_role("button", name="Confirm and go on").click()
    await first.get_by_label("The token's value").wait_for()
    await second.get_by_role("button", name="Create token").click()

    await second.get_by_label("The token's value").wait_for()


async def standing(page: Page) -> str:
    """What a page holds, once it navigates no more: the browser may still be on its way to an error page."""
    async with asyncio.timeout(PATIENCE / 1_000):
        while True:
            with suppress(Error):
                await page.wait_for_load_state()
                return await page.content()


async def test_the_value_is_gone_after_reload_and_back(site: Site) -> None:
    """Shown once: no reload, no back, no history brings it again, and it was in no address or title (R53)."""
    await site.person("ann")
    page = await site.signed_in("ann", java_script_enabled=False)
    seen: list[str] = []
    page.on("framenavigated", lambda frame: seen.append(frame.url))
    await page.goto("/token")
    await page.get_by_label("What is it for?").fill("once")
    await page.get_by_role("button", name="Create token").click()
    value = await page.get_by_label("The token's value").input_value()
    assert value not in await page.title()

    await page.reload()
    assert value not in await standing(page)
    await page.goto("/tokens")
    with suppress(Error):  # a page that may not be kept cannot be shown again without being sent again
        await page.go_back()
    assert value not in await standing(page)
    with suppress(Error):
        await page.go_forward()
    assert value not in await standing(page)
    assert not any(value[:40] in address for address in seen)


async def test_a_double_click_makes_one_token(site: Site) -> None:
    """Two sendings of one form make one record; the second one is told where the value went (R14)."""
    user = await site.person("ann")
    page = await site.signed_in("ann", java_script_enabled=False)
    await page.goto("/tokens/new")
    await page.get_by_label("What is it for?").fill("once")

    await page.get_by_role("button", name="Create token").dblclick(no_wait_after=True)
    await (
        page.get_by_role("heading", name="It was made already")
        .or_(page.get_by_role("heading", name="Copy it now"))
        .wait_for()
    )
    counts = await site.authority.services.own_account.token_counts(user.id)

    assert counts.active == 1


async def test_a_lost_connection_keeps_what_was_typed(site: Site) -> None:
    """The form stays, says so, and its button tries again with the same key: one token comes of it."""
    user = await site.person("ann")
    page = await site.signed_in("ann")
    await page.goto("/tokens")
    await page.get_by_role("link", name="Generate").first.click()
    await page.get_by_label("What is it for?").fill("kept")

    await page.context.set_offline(True)
    await page.get_by_role("button", name="Create token").click()
    await expect(page.get_by_text("The server cannot be reached. What you typed is kept.")).to_be_visible()
    await expect(page.get_by_label("What is it for?")).to_have_value("kept")
    await page.context.set_offline(False)
    await page.get_by_role("button", name="Try again").click()

    await page.get_by_label("The token's value").wait_for()
    assert (await site.authority.services.own_account.token_counts(user.id)).active == 1


async def test_a_link_only_fills_in(site: Site) -> None:
    """It ticks what reads and no more, names all that it asks for, and the password is always asked (threats 29)."""
    user = await site.person("ann")
    page = await site.signed_in("ann")

    await page.goto(
        "/tokens/new?note=Acme&scopes=automation+company:view&expires_in=30&audience=x&allowed_ips=1"
    )
    await expect(page.get_by_text("A link filled this form in.")).to_be_visible()
    await expect(page.get_by_role("checkbox", name="Company: view")).to_be_checked()
    await expect(page.locator("input[name=scopes][value=automation]")).not_to_be_checked()
    assert (await site.authority.services.own_account.token_counts(user.id)).active == 0
    await page.get_by_role("button", name="Create token").click()
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Confirm and go on").click()

    value = await page.get_by_label("The token's value").input_value()
    assert (await site.authority.services.recognise(value)).truth.scopes == ("company:view",)


async def test_faults_stand_at_their_fields_and_nothing_is_lost(site: Site) -> None:
    """Each in words where it belongs; what was typed stays (pages.md section 6)."""
    await site.person("ann")
    page = await site.signed_in("ann")
    await page.goto("/tokens/new")
    await page.get_by_label("What is it for?").fill("kept")
    await page.get_by_label("Choose exactly").check()
    await page.get_by_text("Another date").click()
    await page.get_by_label("Last day").fill("31-02-2027")

    await page.get_by_role("button", name="Create token").click()

    await expect(page.get_by_text("31-02-2027 does not exist; write dd-mm-yyyy")).to_be_visible()
    await expect(page.get_by_text("Pick at least one thing it may do")).to_be_visible()
    await expect(page.get_by_label("What is it for?")).to_have_value("kept")
    await page.get_by_label("Last day").fill("31-12-2099")
    await page.get_by_role("button", name="Create token").click()
    await expect(page.get_by_text("Your administrator allows 365 days at most")).to_be_visible()


async def test_nobody_gives_what_they_lack(site: Site) -> None:
    """The form offers what the account may hand out, and no more."""
    await site.person("ann", grant=Grant(GrantKind.LISTED, ("dashboard:view",)))
    page = await site.signed_in("ann")

    await page.goto("/tokens/new")

    offered = await page.locator("input[name=scopes]").evaluate_all("boxes => boxes.map(box => box.value)")
    assert offered == ["dashboard:view"]


async def test_a_change_that_is_signed_says_so_before_it_makes_a_new_value(site: Site) -> None:
    """Edit: the button changes with the right that is ticked, and the value is shown once (pages.md section 4)."""
    user = await site.person("ann")
    issued = await site.authority.token(user)
    page = await site.signed_in("ann")
    await page.goto("/tokens")
    await page.get_by_label("Select test").check()
    await page.get_by_role("button", name="Edit").click()

    await page.get_by_role("checkbox", name="Embeds: view").check()
    await page.get_by_role("button", name="Save and make a new value").click()
    await page.get_by_label("The token's value").wait_for()

    assert await reason_of(site, issued.jwt.reveal()) == "revoked"


async def test_a_token_is_checked_without_leaving_the_browser_first(site: Site) -> None:
    """What it says is read in the browser; whether it holds is told for one's own, one sentence for the rest
    (threats 30).
    """
    user = await site.person("ann")
    own, foreign = await site.authority.token(user), await site.authority.token()
    page = await site.signed_in("ann")
    await page.goto("/check")
    asked: list[str] = []
    page.on("request", lambda request: "/assets/" in request.url or asked.append(request.url))

    await page.get_by_label("Token", exact=True).fill(f"Bearer {own.jwt.reveal()}")
    await expect(page.get_by_text("It starts with “Bearer ”")).to_be_visible()
    await expect(page.get_by_text("automation:view company")).to_be_visible()
    assert asked == []
    await page.get_by_role("button", name="Does it hold?").click()
    await expect(page.get_by_text("This token holds.")).to_be_visible()
    await page.get_by_label("Token", exact=True).fill(foreign.jwt.reveal())
    await page.get_by_role("button", name="Does it hold?").click()

    await expect(page.get_by_text("This is not a token of yours, or none at all.")).to_be_visible()


async def test_a_page_tells_when_the_value_is_first_used(site: Site) -> None:
    """Nothing else tells people sooner that what they pasted works (pages.md section 2)."""
    await site.person("ann")
    page = await site.signed_in("ann")
    value = await make_a_token(page, "first use")
    await expect(page.get_by_text("Waiting for its first use…")).to_be_visible()

    await site.authority.introspect(value)
    await site.authority.services.usage.record()

    await expect(page.get_by_text("✓ Used just now")).to_be_visible()


async def test_signing_in_goes_on_where_one_wanted_and_nowhere_else(site: Site) -> None:
    """A page asked for while signed out is shown after; an address of somebody else's never is (S31)."""
    await site.person("ann")
    page = await site.window()

    await page.goto("/settings/security")
    await page.get_by_label("Name").fill("ann")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page).to_have_url(f"{site.address}/settings/security")
    await page.get_by_text("Menu of ann").locator("..").click()
    await page.get_by_role("button", name="Sign out").click()
    await page.goto("/sign-in?next=//evil.example/")
    await page.get_by_label("Name").fill("ann")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()

    await expect(page).to_have_url(f"{site.address}/token")


async def test_a_password_is_changed_and_other_browsers_are_signed_out(site: Site) -> None:
    """Settings, Security: every other session ends (R48), and the present password is asked for (S50)."""
    await site.person("ann")
    here, there = await site.signed_in("ann"), await site.signed_in("ann")
    another = "quite another evening by the river bank"

    await here.goto("/settings/security")
    await here.get_by_label("Present password").fill(PASSWORD)
    await here.get_by_label("New password").fill(another)
    await here.get_by_role("button", name="Change password").click()
    await expect(here.get_by_text("Your password is changed.")).to_be_visible()
    await there.goto("/tokens")

    await expect(there.get_by_role("heading", name="Sign in")).to_be_visible()
    await sign_in(await site.window(), "ann", another)


async def test_a_session_elsewhere_is_ended(site: Site) -> None:
    """Settings, Sessions: each with program and address in words, this one marked and first; the other browser is
    signed out at its next step (S27).
    """
    firefox = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0"
    await site.person("ann")
    here, there = await site.signed_in("ann"), await site.signed_in("ann", user_agent=firefox)

    await here.goto("/settings/sessions")
    this, other = here.locator("main li").first, here.locator("main li").filter(has_text="Firefox on Windows")
    await expect(this).to_contain_text("Chrome on Linux")
    await expect(this).to_contain_text("This one")
    await expect(other).to_contain_text("from 127.0.0.1")
    await expect(other).not_to_contain_text("This one")
    await here.get_by_role("button", name="End all others").click()
    await there.goto("/tokens")

    await expect(there.get_by_role("heading", name="Sign in")).to_be_visible()
    await here.goto("/tokens")
    await expect(here.get_by_role("heading", name="Access tokens")).to_be_visible()


async def test_refresh_keeps_what_was_chosen_and_looked_for(site: Site) -> None:
    """Refresh keeps selection and filter (pages.md section 3)."""
    user = await site.person("ann")
    for note in ("one report", "two report", "other"):
        request = TokenRequest(note=note, scopes=("company",), expiry=Expiry(days=9))
        await site.authority.services.issue(request, owner_id=user.id, actor="test")
    page = await site.signed_in("ann")
    await page.goto("/tokens")
    await page.get_by_label("Search by name").fill("report")
    await page.keyboard.press("Enter")
    await page.get_by_label("Select two report").check()

    await page.get_by_role("link", name="Refresh").click()

    await expect(page.get_by_label("Select two report")).to_be_checked()
    await expect(page.get_by_label("Select other")).to_have_count(0)


async def test_an_administrator_invites_looks_and_revokes(site: Site) -> None:
    """People, inventory, bulk revocation with a reason: the invited one is in, and their token is out."""
    await site.person("root", role=Role.ADMINISTRATOR)
    page = await site.signed_in("root")
    await page.goto("/admin/people")
    await page.get_by_text("Invite somebody").click()
    await page.get_by_label("Name", exact=True).fill("ben")
    await page.get_by_role("button", name="Make a one-time link").click()
    link = await page.get_by_label("One-time link").input_value()
    ben = await site.window()
    await ben.goto(link)
    await ben.get_by_label("New password").fill("another slow walk along the canal")
    await ben.get_by_role("button", name="Set password and sign in").click()
    value = await make_a_token(ben, "ben's job")

    await page.goto("/admin/tokens?user=ben")
    await page.get_by_label("Select ben's job").check()
    await page.get_by_role("button", name="Revoke…").click()
    await page.get_by_label("Why?").fill("the drill")
    await page.get_by_role("button", name="Revoke", exact=True).click()

    await expect(page.get_by_text("Revoked: refused from now on.")).to_be_visible()
    assert await reason_of(site, value) == "revoked"


async def test_the_keys_are_seen_and_a_leak_needs_a_typed_word(site: Site) -> None:
    """The picture has a row for each key; nothing is compromised by a click alone (K22)."""
    await site.person("root", role=Role.ADMINISTRATOR)
    issued = await site.authority.token()
    page = await site.signed_in("root")
    await page.goto("/admin/keys")
    await expect(page.get_by_role("img", name="The lives of the keys").first).to_be_visible()
    row = page.get_by_role("listitem").filter(has_text="1 live token")
    await row.get_by_role("link", name="Compromised…").click()
    await expect(page.get_by_text("1 live token was signed by it")).to_be_visible()
    for hit in ("owner-", *issued.token.audiences):
        await expect(page.get_by_role("listitem").filter(has_text=hit)).to_contain_text("1 token")
    await page.get_by_label("Why?").fill("found on a stick")
    typed = page.get_by_label("the beginning of the key's name")
    await typed.fill("yes")
    await page.get_by_role("button", name="Compromise the key").click()
    await expect(page.get_by_text("nothing was changed", exact=False)).to_be_visible()
    assert await reason_of(site, issued.jwt.reveal()) is None

    kid = (await site.authority.services.recognise(issued.jwt.reveal())).truth.kid
    await typed.fill(kid[:8])
    await page.get_by_role("button", name="Compromise the key").click()
    await expect(page.get_by_text("worth nothing from now on")).to_be_visible()

    assert await reason_of(site, issued.jwt.reveal()) is not None


async def test_an_auditor_sees_everything_and_finds_no_button(site: Site) -> None:
    """Auditors read and change nothing: no form of the administration is shown to them."""
    await site.person("eve", role=Role.AUDITOR)
    await site.authority.token()
    page = await site.signed_in("eve")

    for tab in ("tokens", "people", "machines", "clients", "keys", "policy", "audit", "status"):
        await page.goto(f"/admin/{tab}")
        forms = await page.locator("main form[method=post] button").count()
        assert forms == 0, tab


async def test_the_policy_is_changed_and_holds(site: Site) -> None:
    """What an administrator saves binds the next token."""
    await site.person("root", role=Role.ADMINISTRATOR)
    page = await site.signed_in("root")
    await page.goto("/admin/policy")
    await page.get_by_label("Longest life in days, People").fill("60")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Saved: in force")).to_be_visible()

    await page.goto("/tokens/new")

    offered = await page.locator("input[name=expires]").evaluate_all("all => all.map(each => each.value)")
    assert offered == ["7", "30", "date", "never"]
