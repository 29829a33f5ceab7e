"""Locoia, sentence by sentence of what it offers: its three calls, its scope table, its page."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.lab.replica import PASSWORD, ROOT, TOKENS, Person
from tests.parity.observed import observed
from tests.parity.system import ResourceServer, System, running_api, running_system, soon, until_refused
from tests.servers.leash import Leash
from tests.ui.site import Windows
from tests.unit.service.test_catalogue_shipped import ROWS, SCOPES, expected

CATALOGUE = ROOT / "service" / "catalogue.toml"
MEMBERS = ["id", "token", "expiration", "note", "last_used", "scopes"]
METHODS = {"create": "POST", "read": "GET", "update": "PATCH", "delete": "DELETE"}
ENTITIES = [row[0] for row in ROWS]


@pytest.fixture(scope="module")
def system(leash: Leash, home: Path) -> Iterator[System]:
    with running_system(leash, home) as system:
        yield system


@pytest.fixture(scope="module")
def api(system: System, leash: Leash) -> Iterator[ResourceServer]:
    with running_api("locoia_api", system, leash, CATALOGUE=str(CATALOGUE)) as api:
        yield api


@pytest.fixture(scope="module")
def ben(system: System) -> Person:
    """Somebody ordinary, who may hand out everything."""
    return system.person("ben")


def create(person: Person, *scopes: str, **members: object) -> dict[str, object]:
    body = {"expiration": 30, "scopes": scopes or ["automation:view"], "note": "weekly report", **members}
    answer = person.call("POST", TOKENS, json_body=body)
    assert answer.status == 201, answer.raw
    return answer.json


def did(api: ResourceServer, token: str, entity: str) -> set[str]:
    """The operations that a token is let do to an entity."""
    path = "/webhook_flows/trigger"
    calls = {word: api.call(method, f"/{entity}", bearer=token) for word, method in METHODS.items()}
    if entity == "webhook_flows":
        calls["trigger"] = api.call("POST", path, bearer=token)
    assert {reply.status for reply in calls.values()} <= {200, 403}
    return {word for word, reply in calls.items() if reply.status == 200}


def test_create_has_locoias_request_and_answer(ben: Person) -> None:
    """`POST /v1/personal-access-tokens` `{expiration: days|null, scopes, note ≤255}` → 201 `{id, token, expiration:
    datetime|null, note, last_used: null, scopes}`.
    """
    note = "n" * 255
    ends, never = create(ben, "company:view", note=note), create(ben, expiration=None)
    too_long = ben.call("POST", TOKENS, json_body={"expiration": 1, "scopes": ["embed"], "note": "n" * 256})

    assert list(ends)[:6] == MEMBERS
    assert (ends["note"], ends["last_used"], ends["scopes"]) == (note, None, ["company:view"])
    left = datetime.fromisoformat(ends["expiration"]) - datetime.now(UTC)
    assert round(left.total_seconds() / 86_400, 2) == 30
    assert (never["expiration"], too_long.status) == (None, 422)


def test_regenerate_ends_the_old_value(system: System, ben: Person) -> None:
    """`POST …/{id}/regenerate` `{expiration}` (the old value dies)."""
    made = create(ben)
    answer = ben.call("POST", f"{TOKENS}/{made['id']}/regenerate", json_body={"expiration": 7})

    assert (answer.status, answer.json["id"], list(answer.json)[:6]) == (201, made["id"], MEMBERS)
    assert [system.reason(value) for value in (made["token"], answer.json["token"])] == ["token_revoked", ""]


def test_regenerate_works_on_expired_tokens(system: System, ben: Person) -> None:
    """`POST …/{id}/regenerate`: also on expired tokens: "regenerate or extend"."""
    body = {"expires_at": soon(), "scopes": ["embed"], "note": "short"}
    made = ben.call("POST", TOKENS, json_body=body).json
    until_refused(system, made["token"], "token_expired")

    again = ben.call("POST", f"{TOKENS}/{made['id']}/regenerate", json_body={"expiration": None}).json

    assert (again["id"], again["expiration"], again["scopes"]) == (made["id"], None, ["embed"])
    assert [system.reason(value) for value in (made["token"], again["token"])] == ["token_revoked", ""]


def test_get_lists_the_users_tokens(system: System, ben: Person) -> None:
    """`GET …` lists the user's tokens: theirs and nobody else's."""
    cat = system.person("cat")
    bens, cats = create(ben, note="ben's"), create(cat, note="cat's")

    listed = {person.id: {token["id"] for token in person.call("GET", TOKENS).json} for person in (ben, cat)}

    assert bens["id"] in listed[ben.id]
    assert listed[cat.id] == {cats["id"]}


def test_the_value_is_visible_in_those_two_answers_only(ben: Person) -> None:
    """The value is visible only in those two answers."""
    made = create(ben)
    again = ben.call("POST", f"{TOKENS}/{made['id']}/regenerate", json_body={"expiration": 7}).json
    own = f"{TOKENS}/{made['id']}"
    later = [
        ben.call("GET", TOKENS),
        ben.call("GET", own),
        ben.call("PATCH", own, json_body={"note": "other"}),
        ben.call("GET", f"{own}/refusals"),
        ben.call("DELETE", own),
        ben.call("GET", f"{own}/revocation"),
    ]

    assert {answer.status for answer in later} == {200}
    assert not [a for a in later for value in (made, again) if value["token"].encode() in a.raw]


@pytest.mark.parametrize("scope", SCOPES)
def test_a_scope_reaches_its_entities_by_its_operations(api: ResourceServer, ben: Person, scope: str) -> None:
    """Scopes: `automation` (Flows, Flow Runs, Flow Run Steps, Run Flows; read only: Connector Auths, Env Variables,
    File Uploads), `company` (Env Variables, File Uploads, Teams, Users), `connector_auth` (Connector Auths),
    `connectors` (Connectors, Connector Actions), `dashboard` (Dashboards, Data Sources, Forecasts, Insights,
    Transforms), `embed` (Embeds); no extension = create, read, update, delete; `:manage` = create, read, update;
    `:view` = read; each capped where the entity is read only.
    """
    token = create(ben, scope)["token"]

    assert {entity: did(api, token, entity) for entity in ENTITIES} == {
        entity: expected(scope, entity) for entity in ENTITIES
    }


@pytest.mark.parametrize("asked", ["automation:webhook_run", "webhook_run"])
def test_webhook_run_triggers_webhook_flows(api: ResourceServer, ben: Person, asked: str) -> None:
    """`automation:webhook_run` (also written `webhook_run`) = trigger webhook flows, covered by plain `automation`
    alone.
    """
    made = create(ben, asked)
    others = {scope: create(ben, scope)["token"] for scope in SCOPES if scope != "automation:webhook_run"}

    assert made["scopes"] == ["automation:webhook_run"]
    assert did(api, made["token"], "webhook_flows") == {"trigger"}
    triggering = {scope for scope, token in others.items() if did(api, token, "webhook_flows")}
    assert triggering == {"automation"}


def test_a_scope_gives_no_more_than_its_owner_may(system: System, api: ResourceServer) -> None:
    """A scope never gives more than its owner may do: neither when it is made, nor when the owner loses a right."""
    dan = system.person("dan", ["dashboard", "company:view"])
    body = {"expiration": 1, "scopes": ["company"], "note": "more"}
    beyond = dan.call("POST", TOKENS, json_body=body)
    token = create(dan, "dashboard")["token"]
    before = did(api, token, "dashboards")
    system.root.call("PUT", f"/v1/admin/users/{dan.id}/grant", json_body={"grant": ["dashboard:view"]})

    assert (beyond.status, beyond.code) == (403, "scope_exceeds_grant")
    assert before == set(METHODS)
    assert system.reason(token) == "token_revoked"


async def signed_in(system: System, chromium: Browser, name: str) -> tuple[Windows, Page]:
    windows = Windows(system.address, chromium)
    return windows, await windows.signed_in(name, PASSWORD)


async def test_the_page_creates_updates_and_regenerates(system: System, chromium: Browser) -> None:
    """Page under avatar → User → Personal Access Tokens (`/user-preferences?activeTab=personalAccessTokens` leads
    there too): create, update, regenerate.
    """
    system.person("eve")
    windows, page = await signed_in(system, chromium, "eve")
    await page.get_by_text("Menu of eve").locator("..").click()
    await page.get_by_role("link", name="Settings").click()
    await expect(page.get_by_role("link", name="Generate").first).to_be_visible()
    await page.goto("/user-preferences?activeTab=personalAccessTokens")
    await page.get_by_role("link", name="Generate").first.click()
    await page.get_by_label("What is it for?").fill("weekly report")
    await page.get_by_role("button", name="Create token").click()
    old = await page.get_by_label("The token's value").input_value()
    await page.get_by_role("link", name="I have stored it").click()
    await page.get_by_role("link", name="weekly report").click()
    await page.get_by_role("link", name="Edit").click()
    await page.get_by_label("What is it for?").fill("monthly report")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Saved.")).to_be_visible()
    assert system.reason(old) == ""
    await page.get_by_role("link", name="New value…").click()
    await page.get_by_role("button", name="Make a new value").click()
    new = await page.get_by_label("The token's value").input_value()

    assert (system.reason(old), system.reason(new)) == ("token_revoked", "")
    assert windows.complaints == []
    await windows.close()


def test_as_a_consumer(system: System, api: ResourceServer, seen: dict[str, dict[str, str]]) -> None:
    """The API accepts, refuses in the client's words, and notices a revocation and a key's change."""

    def call(token: str) -> str:
        reply = api.call("GET", "/teams", bearer=token)
        return "" if reply.status == 200 else reply.json["code"]

    seen["locoia api"] |= observed(system, call, scope="company:view", other="embed")
