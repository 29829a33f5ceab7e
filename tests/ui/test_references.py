"""Short references on the pages: chosen, shown once, and everything is Save (pages.md section 4)."""

from playwright.async_api import expect

from service.domain.issuance import Expiry, TokenRequest
from tests.ui.site import Site


async def test_a_short_form_is_chosen_and_shown_once(site: Site) -> None:
    """Under "More options"; beside the value, with a Copy of its own; later its hint alone."""
    await site.person("ann")
    page = await site.signed_in("ann")
    await page.goto("/tokens/new")
    await page.get_by_label("What is it for?").fill("small field")
    await page.get_by_text("More options").click()
    await page.get_by_label("A short form as well").check()

    await page.get_by_role("button", name="Create token").click()
    reference = await page.get_by_label("Its short form").input_value()
    await page.get_by_role("button", name="Copy the short form").click()
    await page.get_by_role("link", name="I have stored it").click()
    await page.get_by_role("link", name="small field").click()

    await expect(page.get_by_text(f"sct_…{reference[-4:]}")).to_be_visible()
    assert reference not in await page.content()
    assert (await site.authority.services.recognise(reference)).truth.reason is None
    assert site.complaints == []


async def test_for_a_short_form_everything_is_save(site: Site) -> None:
    """Rights that a signature would carry change without a new value, and the button says no more than Save."""
    user = await site.person("ann")
    request = TokenRequest(note="small", scopes=("company:view",), expiry=Expiry(days=9), reference=True)
    issued = await site.authority.services.issue(request, owner_id=user.id, actor="test")
    page = await site.signed_in("ann")
    await page.goto("/tokens")
    await page.get_by_label("Select small").check()
    await page.get_by_role("button", name="Edit").click()

    await page.get_by_role("checkbox", name="Embeds: view").check()
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_text("Saved.")).to_be_visible()

    truth = (await site.authority.services.recognise(issued.reference.reveal())).truth
    assert (truth.reason, set(truth.scopes)) == (None, {"company:view", "embed:view"})
