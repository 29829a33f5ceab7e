"""iObeya, sentence by sentence of what it offers: one page, one button, one token a person; and machines beside."""

import base64
import json
from collections.abc import Iterator

import pytest
from playwright.async_api import Browser, Page, expect

from tests.lab.replica import PASSWORD, TOKENS, Person
from tests.parity.observed import observed
from tests.parity.system import (
    CATALOGUES,
    ResourceServer,
    System,
    confirmed,
    running_api,
    running_system,
)
from tests.servers.leash import Leash
from tests.ui.site import Windows

RIGHTS = ["rooms", "cards", "members"]
"""All that an ordinary person may, by the catalogue."""


@pytest.fixture(scope="module")
def system(leash: Leash, home) -> Iterator[System]:
    with running_system(leash, home, CATALOGUES / "iobeya.toml", PAGES_MODE="simple") as system:
        yield system


@pytest.fixture(scope="module")
def api(system: System, leash: Leash) -> Iterator[ResourceServer]:
    with running_api("iobeya_api", system, leash) as api:
        yield api


def said(token: str) -> tuple[dict[str, object], dict[str, object]]:
    """Header and claims of a compact JWS, read by whoever holds it."""
    header, claims, _ = token.split(".")
    return tuple(json.loads(base64.urlsafe_b64decode(part + "==")) for part in (header, claims))


def create(person: Person, *scopes: str) -> dict[str, object]:
    body = {"expiration": 90, "scopes": scopes or RIGHTS, "note": "flow"}
    made = person.call("POST", TOKENS, json_body=body)
    assert made.status == 201, made.raw
    return made.json


def test_the_token_is_a_jwt_bound_to_the_current_user(system: System) -> None:
    """The token *is* a JWT bound to the current user; any ordinary user makes their own, no administrator."""
    ben = system.person("ben")
    header, claims = said(create(ben)["token"])
    other = ben.call("POST", f"/v1/admin/machines/{ben.id}/tokens", json_body={"note": "n"})

    assert header["typ"] == "at+jwt"
    assert (claims["sub"], claims["iss"]) == (ben.id, system.address)
    assert ben.call("GET", "/v1/me").json["role"] == "user"
    assert (other.status, other.code) == (403, "not_allowed")


async def from_the_menu(windows: Windows, name: str) -> Page:
    """The page that the avatar's menu leads to."""
    page = await windows.signed_in(name, PASSWORD)
    await page.get_by_text(f"Menu of {name}").locator("..").click()
    await page.get_by_role("link", name="Personal access token").click()
    return page


async def test_one_button_confirms_the_generation(
    system: System, api: ResourceServer, chromium: Browser
) -> None:
    """From the avatar's menu one page asks to confirm the generation (one button, the user's full rights)."""
    system.person("cat")
    windows = Windows(system.address, chromium)
    page = await from_the_menu(windows, "cat")
    await expect(page.get_by_role("main").get_by_role("button")).to_have_count(1)

    await page.get_by_role("button", name="Create token").click()

    token = await page.get_by_label("The token's value").input_value()
    assert sorted(said(token)[1]["scope"].split()) == sorted(RIGHTS)
    assert api.call("GET", "/s/j/rooms", bearer=token).status == 200
    copied = page.get_by_role("button", name="Copy for Power Automate")
    assert await copied.get_attribute("data-copy-text") == f"Bearer {token}"
    await windows.close()


async def test_opened_again_it_says_whether_it_is_valid_and_revokes_it(
    system: System, chromium: Browser
) -> None:
    """And when opened again says whether the token is still valid, and revokes it."""
    token = create(system.person("dan"))["token"]
    windows = Windows(system.address, chromium)
    page = await from_the_menu(windows, "dan")
    await expect(page.get_by_text("Valid until")).to_be_visible()

    await page.get_by_role("link", name="Revoke…").click()
    await page.get_by_role("button", name="Remove", exact=True).click()
    await page.get_by_text("Removed: it is refused").wait_for()

    assert system.reason(token) == "token_revoked"
    await page.goto("/token")
    await expect(page.get_by_role("button", name="Create token")).to_be_visible()
    assert windows.complaints == []
    await windows.close()


def test_power_automate_sends_it_as_bearer(system: System, api: ResourceServer) -> None:
    """Used by Power Automate as `Authorization: Bearer {JWT}`: what the owner may, in the owner's name."""
    eve = system.person("eve")
    token = create(eve)["token"]

    made = api.call("POST", "/s/j/cards", bearer=token, json_body={"text": "late"})
    beyond = api.call("POST", "/s/j/accounts", bearer=token, json_body={"name": "x"})

    assert (made.status, made.json["author"]) == (201, eve.id)
    assert (beyond.status, beyond.json["code"]) == (403, "insufficient_scope")


def test_machines_have_tokens_of_their_own(system: System, api: ResourceServer) -> None:
    """Beside it machine-to-machine tokens of machine users, to whom an administrator delegates permissions."""
    fay = system.person("fay")
    machine = system.command.json(
        "machines", "create", "directory-sync", "--responsible", "ann", "--grant", "accounts",
        lines=(PASSWORD,),
    )  # fmt: skip
    tokens = f"/v1/admin/machines/{machine['id']}/tokens"
    body = {"expiration": 30, "scopes": ["accounts"], "note": "nightly"}
    system.root = confirmed(system.root)

    made = system.root.call("POST", tokens, json_body=body)
    beyond = system.root.call("POST", tokens, json_body={**body, "scopes": ["cards"]})

    assert (made.status, beyond.status, beyond.code) == (201, 403, "scope_exceeds_grant")
    assert fay.call("POST", tokens, json_body=body).status == 403
    assert said(made.json["token"])[1]["sub"] == machine["id"]
    added = api.call("POST", "/s/j/accounts", bearer=made.json["token"], json_body={"name": "new"})
    assert (added.status, added.json) == (201, {"accounts": ["new"]})
    assert api.call("GET", "/s/j/cards", bearer=made.json["token"]).status == 403


def test_as_a_consumer(system: System, api: ResourceServer, seen: dict[str, dict[str, str]]) -> None:
    """The API accepts, refuses in the client's words, and notices a revocation and a key's change."""

    def call(token: str) -> str:
        reply = api.call("GET", "/s/j/cards", bearer=token)
        return "" if reply.status == 200 else reply.json["code"]

    seen["iobeya api"] |= observed(system, call, scope="cards:view", other="rooms")
