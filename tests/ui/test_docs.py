"""`/docs`: the contract as a page."""

from service.api.published_contracts import contracts_of
from service.api.routes import ROUTES
from service.settings import Settings
from tests.ui.site import Site

CALLS = sum(
    method != "options"
    for methods in contracts_of(ROUTES, Settings()).document["paths"].values()
    for method in methods
)


async def test_every_call_can_be_read_without_scripts(site: Site) -> None:
    """The page is whole as it comes: each call with its errors, each of them with its page of help."""
    page = await site.window(java_script_enabled=False)

    await page.goto("/docs")
    await page.locator("#create_token summary").click()

    entry = page.locator("#create_token")
    assert await page.locator("[id]:not([id^=shape-])[data-docs-entry]").count() == CALLS
    assert await entry.get_by_role("link", name="scope_exceeds_grant").is_visible()
    assert await page.get_by_label("Find a call").is_hidden()


async def test_a_call_is_found_by_its_words(site: Site) -> None:
    """The field is there where scripts are; a link to a shape opens it, whatever was searched for."""
    page = await site.window()
    await page.goto("/docs")

    await page.get_by_label("Find a call").fill("compromise kid")
    await page.locator("#compromise_key summary").click()
    await page.locator("#compromise_key").get_by_role("link", name="KeyDamageShown").click()

    await page.locator("#shape-KeyDamageShown[open]").wait_for()
    assert await page.get_by_label("Find a call").input_value() == ""
    assert site.complaints == []
