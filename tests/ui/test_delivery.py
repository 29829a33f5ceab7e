"""What travels: headers of every page and of every style, script and picture (R51)."""

from dataclasses import replace

import aiohttp
import pytest_asyncio

from service.domain.secret import Secret
from service.domain.session import Carrier
from service.domain.user import Role
from service.ui.assets import ASSETS, Assets
from service.ui.page import install
from service.web.app import create_app
from service.web.headers import CONTENT_SECURITY_POLICY
from tests.ui.pages import filled
from tests.ui.site import PASSWORD, Site


@pytest_asyncio.fixture(loop_scope="session")
async def http(site: Site):
    async with aiohttp.ClientSession(site.address, cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield session


async def test_every_page_forbids_what_no_page_needs_and_is_kept_by_no_cache(site: Site, http) -> None:
    """The policy of the service, nothing inline, no referrer, no sniffing, no cache; errors too."""
    pages = await filled(site)
    opened = await site.authority.services.sessions.sign_in("ann", Secret(PASSWORD), carrier=Carrier.COOKIE)
    headers = {"Cookie": f"safeconduct={opened.secret.reveal()}", "Accept": "text/html"}

    for path in [*pages.all(), "/no/such/page"]:
        async with http.get(path, headers=headers, allow_redirects=False) as answer:
            text = await answer.text()
        assert answer.headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY, path
        assert answer.headers["Referrer-Policy"] == "no-referrer", path
        assert answer.headers["X-Content-Type-Options"] == "nosniff", path
        assert answer.headers["Cache-Control"] == "no-store", path
        assert " style=" not in text, path
        assert "<style" not in text, path
        assert " onclick=" not in text, path
        assert "<script>" not in text, path


async def test_assets_are_named_by_their_content_and_cached_for_ever(site: Site, http) -> None:
    """A name is never used for another content; an old or invented one is not there."""
    async with http.get("/sign-in") as answer:
        page = await answer.text()
    names = [part.partition('"')[0] for part in page.split("/assets/")[1:]]

    assert len(names) >= 3
    for name in names:
        async with http.get(f"/assets/{name}") as answer:
            assert answer.status == 200
            assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    async with http.get("/assets/safeconduct.000000000000.css") as answer:
        assert answer.status == 404


async def test_the_operators_brand_is_on_every_page(site: Site, tmp_path) -> None:
    """Name, logo, accent and support link are settings; people read "Acme access tokens"."""
    logo = tmp_path / "acme.svg"
    logo.write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    services = site.authority.services
    settings = replace(services.settings, brand_name="Acme", brand_accent="#cc0000", brand_logo=str(logo))
    app = create_app(replace(services, settings=settings), [])

    install(app, settings)

    assets: Assets = app[ASSETS]
    assert assets.find(assets.served_name("logo.svg")).body == logo.read_bytes()
    assert b"--accent:#cc0000" in assets.find(assets.served_name("accent.css")).body


async def test_an_auditor_takes_the_inventory_along_as_csv(site: Site, http) -> None:
    """Every row that the filter means, no value among them, and no formula (threats 36)."""
    await site.person("eve", role=Role.AUDITOR)
    issued = await site.authority.token()
    opened = await site.authority.services.sessions.sign_in("eve", Secret(PASSWORD), carrier=Carrier.COOKIE)

    headers = {"Cookie": f"safeconduct={opened.secret.reveal()}"}
    async with http.get("/admin/tokens.csv", headers=headers) as answer:
        text = await answer.text()

    lines = text.split("\r\n")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="tokens.csv"'
    assert lines[0].startswith('"id","owner"')
    assert len(lines) == 3
    assert issued.jwt.reveal() not in text


async def test_every_page_speaks_german_too(site: Site, http) -> None:
    """The browser's language is the page's, down to its `lang`, and no page breaks in it."""
    pages = await filled(site)
    opened = await site.authority.services.sessions.sign_in("ann", Secret(PASSWORD), carrier=Carrier.COOKIE)
    headers = {
        "Cookie": f"safeconduct={opened.secret.reveal()}",
        "Accept-Language": "de-AT,de;q=0.9,en;q=0.5",
    }

    for path in pages.all():
        async with http.get(path, headers=headers, allow_redirects=False) as answer:
            assert answer.status in {200, 404}, path
            assert '<html lang="de">' in await answer.text(), path
    async with http.get("/tokens", headers=headers) as answer:
        assert "Token sind gültig." in await answer.text()
