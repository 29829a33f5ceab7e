from playwright.async_api import expect

from tests.ui.site import Site


async def test_a_token_is_made_shown_once_and_revoked_without_scripts(site: Site) -> None:
    """S8: The essential path needs no JavaScript: sign in, create, see, list, revoke (pages.md sections 1 to
    4, R53).
    """
    await site.person("ann")
    page = await site.signed_in("ann", java_script_enabled=False)

    await page.get_by_label("What is it for?").fill("Power Automate – weekly report")
    await page.get_by_role("button", name="Create token").click()
    value = await page.get_by_label("The token's value").input_value()
    assert (await site.authority.services.recognise(value)).truth.reason is None
    await page.get_by_role("link", name="I have stored it").click()
    await expect(page.get_by_text("1 token works.")).to_be_visible()
    assert value not in await page.content()

    await page.get_by_role("checkbox", name="Select Power Automate – weekly report").check()
    await page.get_by_role("button", name="Remove…").click()
    await page.get_by_role("button", name="Remove", exact=True).click()
    await expect(page.get_by_text("Removed: it is refused from now on.")).to_be_visible()
    assert (await site.authority.services.recognise(value)).truth.reason == "revoked"
    assert site.complaints == []
