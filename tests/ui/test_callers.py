"""The pages' part of the permission matrix, and forms that no page of ours sent (R16, R50)."""

import aiohttp
import pytest
import pytest_asyncio

from service.domain.principal import CredentialKind
from service.domain.secret import Secret
from service.domain.session import Carrier
from service.domain.user import Role
from service.ui.routes import ROUTES
from service.web.page_forms import form_token
from service.web.routing import Answers, Route
from tests.ui.site import PASSWORD, Site

ID = "00000000-0000-4000-8000-000000000000"
ROLES = {"ann": Role.USER, "eve": Role.AUDITOR, "root": Role.ADMINISTRATOR}
KINDS = {
    "nobody": frozenset(),
    "ann": frozenset({CredentialKind.SESSION, CredentialKind.USER}),
    "eve": frozenset({CredentialKind.SESSION, CredentialKind.AUDITOR}),
    "root": frozenset({CredentialKind.SESSION, CredentialKind.USER, CredentialKind.ADMINISTRATOR}),
    "a token": frozenset({CredentialKind.TOKEN}),
}
CHANGES = [route for route in ROUTES if route.method != "GET"]
ENDS_THE_SESSION = {"/sign-out", "/settings/sessions"}


def name_of(route: Route) -> str:
    return f"{route.method} {route.path}"


def path_of(route: Route) -> str:
    filled = route.path.replace("{id}", ID).replace("{code}", "token_expired").replace("{kid}", "x")
    return filled.replace("{name}", "none.css").replace("{provider}", "none")


@pytest_asyncio.fixture(loop_scope="session")
async def browser(site: Site):
    async with aiohttp.ClientSession(site.address, cookie_jar=aiohttp.DummyCookieJar()) as http:
        yield http


async def headers_of(site: Site, who: str) -> tuple[dict[str, str], str]:
    """What the browser of `who` sends, and the proof that stands in the forms it was shown."""
    if who == "nobody":
        return {}, ""
    if who == "a token":
        issued = await site.authority.token()
        return {"Authorization": f"Bearer {issued.jwt.reveal()}"}, ""
    opened = await site.authority.services.sessions.sign_in(who, Secret(PASSWORD), carrier=Carrier.COOKIE)
    return {"Cookie": f"safeconduct={opened.secret.reveal()}"}, form_token(opened.session)


async def ask(http, route: Route, headers: dict[str, str], proof: str, **also: str) -> str:
    """How the page received it: "in", "sign in" or "not yours"."""
    form = {"form_token": proof} if route.method != "GET" else None
    sent = {"Sec-Fetch-Site": "same-origin", **headers, **also}
    async with http.request(
        route.method, path_of(route), data=form, headers=sent, allow_redirects=False
    ) as answer:
        if answer.status == 403:
            return "not yours"
        to_sign_in = answer.status == 303 and "/sign-in" in answer.headers["Location"]
        return (
            "sign in"
            if to_sign_in and not answer.headers["Location"].endswith(("?signed_out=1", "?again=1"))
            else ("sign in" if answer.status == 401 and route.path != "/sign-in" else "in")
        )


def promised(route: Route, who: str) -> str:
    if CredentialKind.NOBODY in route.callers or KINDS[who] & route.callers:
        return "in"
    return "sign in" if who == "nobody" else "not yours"


async def test_every_page_takes_the_people_it_declares_and_nobody_else(site: Site, browser) -> None:
    """The matrix of pages: route by who looks. A personal access token opens no page that a person must sign in for."""
    for name, role in ROLES.items():
        await site.person(name, role=role)
    kept, promises = {}, {}
    for who in KINDS:
        for route in ROUTES:
            headers, proof = await headers_of(site, who)
            kept[f"{name_of(route)} by {who}"] = await ask(browser, route, headers, proof)
            promises[f"{name_of(route)} by {who}"] = promised(route, who)

    assert kept == promises


async def test_every_page_declares_how_it_answers() -> None:
    """Errors of a page are pages, and a page never changes anything by GET (R50)."""
    assert {route.answers for route in ROUTES} == {Answers.PAGE}
    assert {route.method for route in ROUTES} == {"GET", "POST"}


@pytest.mark.parametrize("route", CHANGES, ids=name_of)
async def test_a_form_of_another_origin_or_session_changes_nothing(site: Site, browser, route: Route) -> None:
    """Sent by another site, without saying from where, with no proof, or with another session's: 403 each (R50)."""
    await site.person("root", role=Role.ADMINISTRATOR)
    headers, proof = await headers_of(site, "root")
    _, other_proof = await headers_of(site, "root")
    attempts = {
        "cross site": ask(browser, route, headers, proof, **{"Sec-Fetch-Site": "cross-site"}),
        "sibling site": ask(browser, route, headers, proof, **{"Sec-Fetch-Site": "same-site"}),
        "foreign origin": ask(browser, route, headers, proof, Origin="https://evil.example"),
        "opaque origin": ask(browser, route, headers, proof, Origin="null", **{"Sec-Fetch-Site": "none"}),
    }
    if CredentialKind.NOBODY not in route.callers:
        attempts |= {
            "no proof": ask(browser, route, headers, ""),
            "another session's proof": ask(browser, route, headers, other_proof),
        }

    answers = {name: await attempt for name, attempt in attempts.items()}

    assert answers == dict.fromkeys(attempts, "not yours")
