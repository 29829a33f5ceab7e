"""What people meet when a server, a network or an answer fails."""

from playwright.async_api import Page, Route, expect

from service.domain.identifiers import to_wire
from service.domain.issuance import Expiry, TokenRequest
from service.domain.user import Role
from tests.ui.site import Site

UNSURE = "We don't know whether it worked."


async def form_of_a_token(site: Site, note: str) -> Page:
    page = await site.signed_in("ann")
    await page.goto("/tokens/new")
    await page.get_by_label("What is it for?").fill(note)
    return page


async def test_a_lost_answer_is_told_from_a_lost_connection(site: Site) -> None:
    """The request arrived, its answer did not: the page says so, leads to the list, and trying again makes no second
    token (pages.md section 6, R14).
    """
    user = await site.person("ann")
    page = await form_of_a_token(site, "lost on its way")

    async def lose(route: Route) -> None:
        await route.fetch()
        await route.abort()

    await page.route("**/tokens/new", lose, times=1)
    await page.get_by_role("button", name="Create token").click()
    await expect(page.get_by_text(UNSURE)).to_be_visible()
    await expect(page.get_by_role("link", name="Check", exact=True)).to_have_attribute(
        "href", f"{site.address}/tokens"
    )
    await expect(page.get_by_label("What is it for?")).to_have_value("lost on its way")

    await page.get_by_role("button", name="Try again").click()

    await expect(page.get_by_role("heading", name="It was made already")).to_be_visible()
    assert (await site.authority.services.own_account.token_counts(user.id)).active == 1


async def test_a_gateway_that_gives_up_costs_nothing_typed(site: Site) -> None:
    """A 503 from in between keeps the form and offers to try again, which then goes through."""
    user = await site.person("ann")
    page = await form_of_a_token(site, "kept")

    await page.route("**/tokens/new", lambda route: route.fulfill(status=503, body="overloaded"), times=1)
    await page.get_by_role("button", name="Create token").click()
    await expect(page.get_by_text("The server cannot be reached. What you typed is kept.")).to_be_visible()
    await page.get_by_role("button", name="Try again").click()

    await page.get_by_label("The token's value").wait_for()
    assert (await site.authority.services.own_account.token_counts(user.id)).active == 1


async def test_an_auditor_has_the_proof_of_a_revocation(site: Site) -> None:
    """From the inventory to the receipt of somebody else's token, with no button (pages.md section 7)."""
    await site.person("eve", role=Role.AUDITOR)
    ann = await site.person("ann")
    issued = await site.authority.token(ann)
    services = site.authority.services
    await services.revoke(issued.token.id, owner_id=ann.id, actor=f"user:{ann.id}", reason="leaked")
    page = await site.signed_in("eve")

    await page.goto("/admin/tokens?state=revoked")
    await page.get_by_role("link", name="test", exact=True).click()

    await expect(page.get_by_role("heading", name="Where it is refused")).to_be_visible()
    await expect(page.get_by_text("leaked").first).to_be_visible()
    await expect(page.get_by_role("toolbar")).to_have_count(0)


async def test_a_token_says_why_it_was_refused_lately(site: Site) -> None:
    """The flow still has the old value: its page says so, and what to do (pages.md section 5)."""
    ann = await site.person("ann")
    old = await site.authority.token(ann)
    services, who = site.authority.services, f"user:{ann.id}"
    kept = TokenRequest(note=None, scopes=None, expiry=Expiry(days=9))
    await services.regenerate(old.token.id, kept, owner_id=ann.id, actor=who)
    await site.authority.introspect(old.jwt.reveal())
    await services.usage.record()
    page = await site.signed_in("ann")

    await page.goto(f"/tokens/{to_wire(old.token.id)}")
    await expect(page.get_by_text("An old value was sent; the token has a new one")).to_be_visible()
    await page.get_by_role("link", name="What this means").click()

    await expect(page.get_by_role("heading", name="This is an old value of the token")).to_be_visible()


async def test_everything_by_thumb(site: Site) -> None:
    """On a phone: from no token to one in the clipboard, and away with it; nothing is out of reach."""
    await site.person("ann")
    page = await site.signed_in("ann", viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    await page.goto("/tokens")

    await page.get_by_role("link", name="Generate").tap()
    await page.get_by_label("What is it for?").fill("made on the way")
    await page.get_by_role("button", name="Create token").tap()
    await page.get_by_role("button", name="Copy", exact=True).tap()
    await page.get_by_role("link", name="I have stored it").tap()
    await page.get_by_role("link", name="made on the way").tap()
    await page.get_by_role("link", name="Remove…").tap()
    await page.locator("dialog").get_by_role("button", name="Remove").tap()

    await expect(page.get_by_text("Removed: it is refused from now on.")).to_be_visible()
