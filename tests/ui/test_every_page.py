"""What holds for every page alike."""

from pathlib import Path

import pytest

from service.ui.routes import ROUTES
from tests.ui.pages import Filled, filled
from tests.ui.site import PASSWORD, Site, sign_in

AXE = Path(__file__).parents[1] / "node" / "node_modules" / "axe-core" / "axe.min.js"
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
ASK = r"""async (tags) => {
  const found = await axe.run(document, { runOnly: tags });
  const said = (node) => node.failureSummary.split('\n').slice(1).join(' ');
  return found.violations.flatMap((each) => each.nodes.map((node) => `${each.id}: ${node.target} ${said(node)}`));
}"""
EXPECTED_ERRORS = ("404",)

SCRIPT = "<img src=x onerror=\"document.title='owned'\">"
XSS = [
    f"{SCRIPT}",
    "\"><script>document.title='owned'</script>",
    "' onmouseover='document.title=`owned`' x='",
    "javascript:document.title='owned'",
    "{{ 7 * 7 }}{% raw %}${7*7}",
    "</textarea></title></style><svg onload=\"document.title='owned'\">",
    "a\u202eb &lt;b&gt; &amp;amp; \u2028 '\"`",
]


async def audit(page, path: str) -> list[str]:
    await page.goto(path)
    await page.evaluate(AXE.read_text())
    return [f"{path} {fault}" for fault in await page.evaluate(ASK, WCAG)]


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_on_any_page(site: Site, scheme: str) -> None:
    """WCAG 2.2 AA as far as a machine can tell, in both schemes."""
    pages = await filled(site)
    stranger = await site.window(color_scheme=scheme)
    ann = await site.signed_in("ann", color_scheme=scheme)

    found = [fault for path in pages.public() for fault in await audit(stranger, path)]
    found += [fault for path in pages.own() + pages.administration() for fault in await audit(ann, path)]

    assert not found, "\n".join(found)


async def test_axe_finds_nothing_in_the_dialogs(site: Site) -> None:
    """The same for what scripts open over a page: the form with its picker, the question, the value."""
    await filled(site)
    page = await site.signed_in("ann")
    found = []

    async def judge() -> None:
        await page.evaluate(AXE.read_text())
        found.extend(await page.evaluate(ASK, WCAG))

    await page.goto("/tokens")
    await page.get_by_role("link", name="Generate").click()
    await page.get_by_label("Choose exactly").check()
    await judge()
    await page.get_by_label("Read only").check()
    await page.get_by_label("What is it for?").fill("dialog")
    site.authority.clock.advance(400)
    await page.get_by_role("button", name="Create token").click()
    await page.get_by_role("heading", name="Is it you?").wait_for()
    await judge()
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Confirm and go on").click()
    await page.get_by_label("The token's value").wait_for()
    await judge()

    assert not found, "\n".join(found)


async def test_no_page_complains_or_calls_anybody_else(site: Site) -> None:
    """No word on the console, no script error, no request to another host; missing pages alone may say 404."""
    pages = await filled(site)
    page = await site.signed_in("ann")

    for path in pages.all():
        await page.goto(path, wait_until="networkidle" if "status" not in path else "load")

    assert [text for text in site.complaints if not any(code in text for code in EXPECTED_ERRORS)] == []


async def test_no_page_is_wider_than_a_phone(site: Site) -> None:
    """At 360 CSS pixels nothing has to be scrolled sideways but what says so itself (WCAG 1.4.10)."""
    pages = await filled(site)
    page = await site.signed_in("ann", viewport={"width": 360, "height": 740})
    too_wide = {}

    for path in pages.all():
        await page.goto(path)
        width = await page.evaluate("document.documentElement.scrollWidth")
        if width > 360:
            too_wide[path] = width

    assert too_wide == {}


async def test_nothing_that_people_wrote_becomes_a_part_of_a_page(site: Site) -> None:
    """One corpus through notes, reasons, names, user agents, searches and addresses, on every page; shown as it was
    written.
    """
    pages = await filled(site, texts=XSS)
    for text in XSS:
        page = await site.window(user_agent=text.encode("ascii", "ignore").decode())
        await sign_in(page, "ann")
    searches = [f"{path}={text}" for path in ("/tokens?search", "/admin/people?search") for text in XSS]
    tokens = [f"/tokens/{token}{more}" for token in pages.tokens[: len(XSS)] for more in ("", "/edit")]

    for path in [*pages.all(), *searches, *tokens, *(f"/sign-in?next={text}" for text in XSS)]:
        await page.goto(path)
        assert await page.title() != "owned", path
        assert await page.locator("img[onerror], svg[onload], [onmouseover]").count() == 0, path

    headings = []
    for token in pages.tokens[: len(XSS)]:
        await page.goto(f"/tokens/{token}")
        headings.append(await page.get_by_role("heading", level=1).text_content())
    assert [" ".join(said.split()) for said in headings] == [" ".join(text.split()) for text in XSS]


async def test_no_page_may_be_framed(site: Site) -> None:
    """S57: Clickjacking: a page inside a frame of another origin shows nothing (R51)."""
    await filled(site)
    page = await site.signed_in("ann")
    framed = await page.context.new_page()
    await framed.set_content(f'<iframe src="{site.address}/tokens"></iframe>')
    frame = framed.frame_locator("iframe")

    await framed.wait_for_load_state("networkidle")

    assert await frame.get_by_text("token works", exact=False).count() == 0


def test_every_route_of_the_pages_is_looked_at() -> None:
    """A page that is added is added to these tests as well."""
    shape = {route.path for route in ROUTES if route.method == "GET"}
    provider = "/sign-in/with/{provider}"
    redirects = {"/", "/user-preferences", "/settings", "/admin"}
    redirects |= {provider, f"{provider}/answer", "/confirm/with/{provider}"}
    files = {"/assets/{name}", "/admin/tokens.csv"}
    blank = "x"
    walked = Filled(
        tokens=(blank,), revoked=blank, person=blank, machine=blank, kid=blank, client=blank
    ).all()
    seen = {path.partition("?")[0] for path in walked}
    patterns = {"{id}": blank, "{kid}": blank, "{code}": "token_revoked"}

    def concrete(path: str) -> str:
        for place, value in patterns.items():
            path = path.replace(place, value)
        return path

    assert {path for path in shape - redirects - files if concrete(path) not in seen} == set()
