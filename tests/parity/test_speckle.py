"""Speckle, sentence by sentence of what it offers: named tokens with least scopes, used from JavaScript by GraphQL."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from tests.lab.replica import PASSWORD, TOKENS, Person
from tests.parity.observed import observed
from tests.parity.system import (
    CATALOGUES,
    SYSTEMS,
    ResourceServer,
    System,
    running_api,
    running_system,
)
from tests.servers.leash import Leash
from tests.ui.site import Windows

SCOPES = ["streams:read", "streams:write", "profile:read", "profile:email", "users:read"]


@dataclass(frozen=True)
class World:
    """ann owns a stream, ben may only read it, gus is a guest, and nobody knows eve."""

    system: System
    api: ResourceServer
    node: Path
    people: dict[str, Person]
    stream: str

    def ask(self, token: str, query: str | None = None, **variables: str) -> dict[str, Any]:
        """What the script prints."""
        asked = {"QUERY": query, "VARIABLES": json.dumps(variables)} if query else {}
        ran = subprocess.run(
            [self.node, SYSTEMS / "speckle_client.js"],
            env={"PATH": os.environ["PATH"], "SERVER": self.api.address, "TOKEN": token, **asked},
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        return json.loads(ran.stdout)

    def token(self, name: str, *scopes: str) -> str:
        body = {"expiration": 30, "note": "script", "scopes": scopes}
        made = self.people[name].call("POST", TOKENS, json_body=body)
        assert made.status == 201, made.raw
        return made.json["token"]

    def outcome(self, name: str, scope: str, query: str, **variables: str) -> str:
        """done, or why not, of what `name` asks with a token of this one scope."""
        answer = self.ask(self.token(name, scope), query, **variables)
        errors = answer.get("errors")
        return errors[0]["extensions"]["code"] if errors else "done"


@pytest.fixture(scope="module")
def world(leash: Leash, home: Path, node: Path) -> Iterator[World]:
    with running_system(leash, home, CATALOGUES / "speckle.toml") as system:
        people = {name: system.person(name, SCOPES) for name in ("amy", "ben", "eve", "gus")}
        profiles = {
            people[name].id: {"name": name, "public": name != "eve", "guest": name == "gus"}
            for name in people
        }
        ours = {"PROFILES": json.dumps(profiles), "REPORT_EVERY": "1", **system.client("speckle")}
        with running_api("speckle_graphql", system, leash, **ours) as api:
            empty = World(system, api, node, people, "")
            token = empty.token("amy", "streams:write")
            stream = empty.ask(token, CREATE, called="the bridge")["data"]["streamCreate"]
            shared = {"stream": stream, "user": people["ben"].id, "role": "stream:reviewer"}
            assert empty.ask(token, SHARE, **shared)["data"] == {"streamGrantPermission": True}
            yield World(system, api, node, people, stream)


CREATE = "mutation ($called: String!) { streamCreate(name: $called) }"
READ = "query ($stream: String!) { stream(id: $stream) { name commits } }"
SHARE = """mutation ($stream: String!, $user: String!, $role: String!) {
    streamGrantPermission(streamId: $stream, userId: $user, role: $role) }"""
COMMIT = """mutation ($stream: String!) { commitCreate(streamId: $stream, message: "first") }"""
PROFILE = "query ($user: String!) { user(id: $user) { name } }"

Asked = Callable[[World], dict[str, str]]
ABILITIES: dict[str, tuple[str, str, str, Asked, str, Asked]] = {
    "read the streams the owner can access": (
        "streams:read", READ, "ben", lambda w: {"stream": w.stream}, "eve", lambda w: {"stream": w.stream},
    ),
    "create streams": (
        "streams:write", CREATE, "ben", lambda _: {"called": "a tower"}, "gus", lambda _: {"called": "a tower"},
    ),
    "share streams": (
        "streams:write",
        SHARE,
        "amy",
        lambda w: {"stream": w.stream, "user": w.people["ben"].id, "role": "stream:reviewer"},
        "ben",
        lambda w: {"stream": w.stream, "user": w.people["eve"].id, "role": "stream:owner"},
    ),
    "commit where the owner may write": (
        "streams:write", COMMIT, "amy", lambda w: {"stream": w.stream}, "ben", lambda w: {"stream": w.stream},
    ),
    "read public profiles": (
        "users:read",
        PROFILE,
        "eve",
        lambda w: {"user": w.people["amy"].id},
        "amy",
        lambda w: {"user": w.people["eve"].id},
    ),
}  # fmt: skip
"""Ability: its scope and call; who may, and of what; who may not."""


def test_tokens_have_names_and_least_scopes(world: World) -> None:
    """Named tokens with least scopes (`streams:read`, `streams:write`, `profile:read`…): none brings another one."""
    made = world.people["amy"].call(
        "POST", TOKENS, json_body={"expiration": 30, "note": "nightly export", "scopes": ["streams:write"]}
    )

    assert (made.json["note"], made.json["scopes"]) == ("nightly export", ["streams:write"])
    answer = world.ask(made.json["token"], READ, stream=world.stream)
    assert answer["errors"][0]["extensions"]["code"] == "insufficient_scope"


def test_it_is_used_from_javascript_by_its_literal_fetch(world: World) -> None:
    """Used from JavaScript as `Authorization: 'Bearer ' + token` against a GraphQL API."""
    body = {"expiration": 30, "note": "n", "scopes": ["streams:read", "profile:read"]}
    token = world.people["ben"].call("POST", TOKENS, json_body=body).json["token"]

    answer = world.ask(token)

    assert answer["status"] == 200
    assert answer["data"]["user"]["streams"]["totalCount"] >= 1


@pytest.mark.parametrize("ability", ABILITIES)
def test_an_ability_needs_the_scope_and_the_owners_right(world: World, ability: str) -> None:
    """Where they read the streams the owner can access, create and share streams, commit where the owner may write,
    read public profiles, and nothing beyond scope **and** owner's right.
    """
    scope, query, who, what, who_not, what_not = ABILITIES[ability]

    assert world.outcome(who, scope, query, **what(world)) == "done"
    assert world.outcome(who, "profile:email", query, **what(world)) == "insufficient_scope"
    assert world.outcome(who_not, scope, query, **what_not(world)) == "forbidden"
    assert world.outcome(who_not, "profile:email", query, **what_not(world)) == "insufficient_scope"


async def test_a_dialog_of_the_profile_page_makes_them_and_revoke_disables_completely(
    world: World, chromium: Browser
) -> None:
    """Made in a dialog from the profile page (`/profile`, list under "Your apps"); revoke disables completely, and
    the page helps to see which script will break.
    """
    windows = Windows(world.system.address, chromium)
    page = await windows.signed_in("eve", PASSWORD)
    await page.goto("/profile")
    apps = await page.get_by_role("heading", name="Your apps").bounding_box()
    tokens = await page.get_by_role("toolbar").bounding_box()
    assert apps["y"] < tokens["y"]
    await page.get_by_role("link", name="Generate").first.click()
    assert page.url.endswith("/profile")
    await page.get_by_label("What is it for?").fill("nightly script")
    await page.get_by_label("Choose exactly").check()
    for title in ("Read streams", "Read your profile"):
        await page.get_by_role("checkbox", name=title).check()
    await page.get_by_role("button", name="Create token").click()
    token = await page.get_by_label("The token's value").input_value()
    assert world.ask(token)["data"] == {"user": {"streams": {"totalCount": 0}}}
    await expect(page.get_by_text("✓ Used just now")).to_be_visible()
    await page.goto("/profile")
    app = page.get_by_role("listitem").filter(has_text="nightly script")
    await expect(app).to_contain_text("node")
    await app.get_by_role("link", name="nightly script").click()
    await expect(page.get_by_role("main")).to_contain_text("node")
    await page.goto("/profile")
    await page.get_by_label("Select nightly script").check()
    await page.get_by_role("button", name="Remove…").click()
    await expect(page.get_by_role("dialog")).to_contain_text("node")
    await page.get_by_role("button", name="Remove", exact=True).click()
    await expect(page.get_by_text("Removed: it is refused")).to_be_visible()

    assert world.system.reason(token) == "token_revoked"
    assert windows.complaints == []
    await windows.close()


def test_as_a_consumer(world: World, seen: dict[str, dict[str, str]]) -> None:
    """The GraphQL server accepts, refuses in the client's words, and notices a revocation and a key's change."""

    def call(token: str) -> str:
        answer = world.ask(token, CREATE, called="a tower")
        return answer.get("code") or (answer["errors"][0]["extensions"]["code"] if "errors" in answer else "")

    seen["speckle graphql"] |= observed(world.system, call, scope="streams:write", other="streams:read")
