"""Virtuozzo, sentence by sentence of what it offers: its settings page, and an API called from the address bar."""

import json
from collections.abc import Iterator
from contextlib import asynccontextmanager
from datetime import datetime, time, timedelta
from types import MappingProxyType
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Browser, Page, expect

from tests.lab.replica import PASSWORD, TOKENS
from tests.parity.observed import made, observed
from tests.parity.system import (
    CATALOGUES,
    ResourceServer,
    System,
    confirmed,
    running_api,
    running_system,
    soon,
    until_refused,
)
from tests.servers.leash import Leash
from tests.ui.site import Windows

BERLIN = ZoneInfo("Europe/Berlin")
"""Where the browser is: the last day is included there."""
SETS = ["Extended Access", "IDE Plugins", "Marketplace", "Maven Plugin"]
STOP, LOOK, START = (f"environment.control.{name}" for name in ("stopenv", "getenvinfo", "startenv"))
RESULTS = MappingProxyType(
    {"expired": "702", "damaged": "700", "other scope": "705", "revoked": "703", "old key": "700"}
)
"""The number of each reason."""


@pytest.fixture(scope="module")
def system(leash: Leash, home) -> Iterator[System]:
    with running_system(leash, home, CATALOGUES / "virtuozzo.toml") as system:
        yield system


@pytest.fixture(scope="module")
def api(system: System, leash: Leash) -> Iterator[ResourceServer]:
    with running_api("virtuozzo_api", system, leash) as api:
        yield api


@asynccontextmanager
async def settings_of(system: System, chromium: Browser, name: str, **options: object):
    """Somebody's Settings → Access Tokens."""
    windows = Windows(system.address, chromium)
    page = await windows.signed_in(name, PASSWORD, **options)
    await page.get_by_text(f"Menu of {name}").locator("..").click()
    await page.get_by_role("link", name="Settings").click()
    await page.get_by_role("link", name="Access Tokens", exact=True).click()
    yield page
    assert windows.complaints == []
    await windows.close()


async def confirm(page: Page) -> None:
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Confirm and go on").click()


async def value_on(page: Page) -> str:
    return await page.get_by_label("The token's value").input_value()


async def test_a_token_has_description_date_and_a_predefined_set(system: System, chromium: Browser) -> None:
    """Several tokens in Settings → Access Tokens; description, expires-at date (dd-mm-yyyy), predefined API sets
    (Extended Access, IDE Plugins, Marketplace, Maven Plugin). S8.
    """
    ben, last = system.person("ben"), datetime.now(BERLIN).date() + timedelta(days=40)
    async with settings_of(system, chromium, "ben") as page:
        await page.get_by_role("link", name="Generate").first.click()
        await page.get_by_label("What is it for?").fill("build server")
        for name in SETS:
            await expect(page.get_by_role("radio", name=name)).to_be_visible()
        await page.get_by_role("radio", name="Maven Plugin").check()
        await page.get_by_text("Another date").click()
        await page.get_by_label("Last day").fill(last.strftime("%d-%m-%Y"))
        await page.get_by_role("button", name="Create token").click()
        await value_on(page)
        await page.get_by_role("link", name="I have stored it").click()
        await expect(page.get_by_text("1 token works.")).to_be_visible()
        await page.get_by_role("link", name="Generate").first.click()
        await page.get_by_label("What is it for?").fill("another")
        await page.get_by_role("button", name="Create token").click()
        await confirm(page)
        await value_on(page)

    second, first = ben.call("GET", TOKENS).json
    assert (first["note"], second["note"]) == ("build server", "another")
    assert "storage.uploader.upload" in first["scopes"]
    assert datetime.fromisoformat(first["expiration"]) == datetime.combine(
        last + timedelta(days=1), time(), BERLIN
    )


async def test_methods_are_chosen_with_search_filter_and_documentation(
    system: System, chromium: Browser
) -> None:
    """Or a custom choice of API methods with search, an only-checked filter and links to API docs on hover, focus and
    touch.
    """
    cat = system.person("cat")
    async with settings_of(system, chromium, "cat", has_touch=True) as page:
        await page.get_by_role("link", name="Generate").first.click()
        await page.get_by_label("What is it for?").fill("stopper")
        await page.get_by_label("Choose exactly").check()
        await page.get_by_label("Search rights").fill("stopenv")
        stop = page.get_by_role("checkbox", name="Stop an environment")
        await expect(page.get_by_role("checkbox", name="Start an environment")).to_be_hidden()
        documentation = page.locator(".scope").filter(has_text=STOP).get_by_role("link")
        assert await documentation.get_attribute("href") == "https://docs.jelastic.com/api/"
        await stop.hover()
        await expect(documentation).to_be_visible()
        await documentation.focus()
        await expect(documentation).to_be_focused()
        await documentation.tap(trial=True)
        await stop.check()
        await page.get_by_label("Search rights").fill("")
        await page.get_by_label("only checked").check()
        await expect(page.locator(".scope:visible")).to_have_count(1)
        await page.get_by_role("button", name="Create token").click()
        await value_on(page)

    assert [token["scopes"] for token in cat.call("GET", TOKENS).json] == [[STOP]]


async def test_generate_edit_copy_remove_and_refresh(system: System, chromium: Browser) -> None:
    """Generate, edit, copy (new token from the parameters of another), remove with multi-select (Shift/Ctrl), refresh;
    every change confirmed with the password.
    """
    dan = system.person("dan")
    for number in range(3):
        body = {"expiration": 9, "scopes": [LOOK], "note": f"job {number}"}
        dan = confirmed(dan)
        assert dan.call("POST", TOKENS, json_body=body).status == 201
    async with settings_of(system, chromium, "dan") as page:
        await page.get_by_label("Select job 0").check()
        await page.get_by_role("button", name="Edit").click()
        await page.get_by_label("What is it for?").fill("job zero")
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_text("Saved.")).to_be_visible()
        await page.goto("/settings/access-tokens")
        await page.get_by_label("Select job zero").check()
        await page.get_by_role("button", name="Copy as new…").click()
        await page.get_by_label("What is it for?").fill("job copied")
        await page.get_by_role("button", name="Create token").click()
        await confirm(page)
        await value_on(page)
        await page.get_by_role("link", name="I have stored it").click()
        await page.get_by_role("row", name="job 2").get_by_role("cell").nth(2).click()
        await page.get_by_role("row", name="job 1").get_by_role("cell").nth(2).click(modifiers=["Shift"])
        await page.get_by_role("row", name="job zero").get_by_role("cell").nth(2).click(modifiers=["Control"])
        await page.get_by_role("link", name="Refresh").click()
        await expect(page.get_by_text("3 selected")).to_be_visible()
        await page.get_by_role("button", name="Remove…").click()
        await page.get_by_role("button", name="Remove", exact=True).click()
        await confirm(page)
        await expect(page.get_by_text("1 token works.")).to_be_visible()

    [left] = dan.call("GET", TOKENS).json
    assert (left["note"], left["scopes"]) == ("job copied", [LOOK])


def test_one_password_is_good_for_one_change(system: System) -> None:
    """Every change confirmed with the password."""
    eve, token = made(system.person("eve"), LOOK)
    path = f"{TOKENS}/{token['id']}"
    changes = [
        ("POST", TOKENS, {"expiration": 9, "scopes": [LOOK], "note": "n"}),
        ("PATCH", path, {"note": "other"}),
        ("POST", f"{path}/regenerate", {"expiration": 9}),
    ]

    unconfirmed = [eve.call(method, where, json_body=body) for method, where, body in changes]
    statuses = []
    for method, where, body in changes:
        eve = confirmed(eve)
        statuses.append(eve.call(method, where, json_body=body).status)

    assert {(a.status, a.code) for a in unconfirmed} == {(401, "insufficient_user_authentication")}
    assert statuses == [201, 200, 201]


async def test_the_value_is_shown_once_with_download_and_copy(system: System, chromium: Browser) -> None:
    """Value shown once with Download and Copy."""
    system.person("fay")
    async with settings_of(
        system, chromium, "fay", permissions=["clipboard-read", "clipboard-write"]
    ) as page:
        await page.goto("/tokens/new")
        await page.get_by_label("What is it for?").fill("once")
        await page.get_by_role("button", name="Create token").click()
        value = await value_on(page)
        async with page.expect_download() as download:
            await page.get_by_role("button", name="Download .txt").click()
        downloaded = (await (await download.value).path()).read_text()
        await page.get_by_role("button", name="Copy", exact=True).click()
        await page.get_by_text("Copied", exact=True).wait_for()
        copied = await page.evaluate("navigator.clipboard.readText()")
        await page.goto("/tokens")
        await page.get_by_role("link", name="once").click()
        await page.get_by_role("heading", name="once").wait_for()
        again = await page.content()
    assert (copied, downloaded.strip()) == (value, value)
    assert value not in again


def test_regenerate_works_after_expiry_and_ends_the_old_value(system: System) -> None:
    """Regenerate also after expiry, old value dies."""
    gil, brief = made(system.person("gil"), LOOK, expires_at=soon())
    until_refused(system, brief["token"], "token_expired")
    gil = confirmed(gil)

    again = gil.call("POST", f"{TOKENS}/{brief['id']}/regenerate", json_body={"expiration": 9})

    assert (again.status, again.json["id"]) == (201, brief["id"])
    assert [system.reason(value) for value in (brief["token"], again.json["token"])] == ["token_revoked", ""]


def called(method: str, **parameters: str) -> str:
    *service, name = method.split(".")
    return f"/1.0/{'/'.join(service)}/rest/{name}?{urlencode(parameters)}"


async def test_an_environment_is_stopped_from_the_address_bar(
    system: System, api: ResourceServer, chromium: Browser
) -> None:
    """An API that takes the token in its `session` request parameter, called from a browser's address bar, and answers
    `"result":0`, or another number per reason; no log holds the token.
    """
    hal, both = made(system.person("hal"), STOP, LOOK)
    hal, narrow = made(hal, LOOK)
    page = await Windows(api.address, chromium).window()

    async def answer(method: str, **parameters: str) -> dict[str, object]:
        await page.goto(called(method, **parameters))
        return json.loads(await page.inner_text("body"))

    session = both["token"]
    first = await answer(STOP, envName="shop", session=session)
    second = await answer(LOOK, envName="shop", session=session)
    others = [
        await answer(STOP, envName="shop", session=narrow["token"]),
        await answer(LOOK, envName="shop"),
        await answer(LOOK, envName="shop", session="x"),
        await answer(LOOK, envName="mine", session=session),
    ]
    posted = api.call("POST", called(LOOK).partition("?")[0], form={"envName": "shop", "session": session})
    await page.context.close()

    assert first["result"] == 0
    assert (second["result"], second["status"]) == (0, "stopped")
    assert [answer["result"] for answer in others] == [705, 701, 700, 3]
    assert others[0]["code"] == "insufficient_scope"
    assert posted.json["result"] == 0
    logs = api.process.log.read_text() + system.log
    assert "/1.0/environment/control/rest/stopenv 200" in logs
    assert not [value for value in (session, narrow["token"]) if value[-40:] in logs]


def test_several_owners_have_environments_of_their_own(system: System, api: ResourceServer) -> None:
    """What one person's token stops goes on for another one."""
    ivy, stopping = made(system.person("ivy"), STOP)
    jon, looking = made(system.person("jon"), LOOK)

    assert api.call("GET", called(STOP, envName="shop", session=stopping["token"])).json["result"] == 0
    seen = api.call("GET", called(LOOK, envName="shop", session=looking["token"])).json

    assert seen == {"result": 0, "envName": "shop", "status": "running"}
    assert ivy.id != jon.id


def test_as_a_consumer(system: System, api: ResourceServer, seen: dict[str, dict[str, str]]) -> None:
    """The API accepts, refuses with the reason's number, and notices a revocation and a key's change."""

    def call(token: str) -> str:
        number = api.call("GET", called(LOOK, envName="shop", session=token)).json["result"]
        return "" if number == 0 else str(number)

    seen["virtuozzo api"] |= observed(system, call, scope=LOOK, other=STOP, codes=RESULTS)
