from pathlib import Path

import pytest

from service.domain.user import Role
from tests.api.api_fixtures import NEW_TOKEN, TOKENS, Api, Person

CATALOGUE, AHEAD = "/v1/admin/catalogue", "/v1/admin/catalogue/revoke"
SHIPPED = Path(__file__).parents[2] / "service" / "catalogue.toml"


def without_embeds() -> str:
    """The shipped catalogue, less one family."""
    text = SHIPPED.read_text()
    start = text.index("[families.embed]")
    text = text[:start] + text[text.index("# ----", start) :]
    return text.replace(', "embed:view"', "").replace(', "embed:manage"', "")


@pytest.fixture
async def root(api: Api) -> Person:
    root = await api.person("root", role=Role.ADMINISTRATOR)
    await api.call("POST", CATALOGUE, by=root, json={"toml": SHIPPED.read_text()})
    return root


async def test_tokens_end_with_the_scope_that_goes(api: Api, root: Person, ann: Person) -> None:
    """409 with their number, unless it is said what becomes of them; the reason stands in the record."""
    made = await api.create(ann, scopes=["embed"])
    body = {"toml": without_embeds()}

    refused = await api.call("POST", CATALOGUE, by=root, json=body)
    both = await api.call("POST", CATALOGUE, by=root, json=body | {"revoke": True, "keep_until_expiry": True})
    done = await api.call("POST", CATALOGUE, by=root, json=body | {"revoke": True})

    record = (await api.call("GET", f"{TOKENS}/{made['id']}", by=ann)).document
    assert (refused.status, refused.code) == (409, "scopes_in_use")
    assert (both.status, both.faults) == (422, {("revoke", "one_of_two")})
    assert (done.status, done.document["beyond"], done.document["revoked"]) == (200, 1, 1)
    assert (record["state"], record["revoke_reason"]) == ("revoked", "scope_removed")


async def test_many_are_revoked_ahead_of_the_catalogue(api: Api, root: Person, ann: Person) -> None:
    """Without a fresh confirmation, because a revocation never waits; nothing is in force before all are."""
    made = await api.create(ann, scopes=["embed"])
    api.authority.clock.advance(301)

    ahead = await api.call("POST", AHEAD, by=root, json={"toml": without_embeds()})

    record = (await api.call("GET", f"{TOKENS}/{made['id']}", by=ann)).document
    assert (ahead.status, ahead.document) == (200, {"revoked": 1, "after": None})
    assert record["state"] == "revoked"
    again = await api.sign_in("ann")
    assert (await api.call("POST", TOKENS, by=again, json={**NEW_TOKEN, "scopes": ["embed"]})).status == 201


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"toml": "x = "}, 422),
        ({"toml": "", "after": None}, 422),
        ({"toml": 1}, 422),
        ({"toml": "", "after": "' OR 1=1"}, 422),
        ({"toml": "", "after": "0" * 65}, 422),
        ({"toml": "", "dry_run": True}, 400),
    ],
)
async def test_what_is_no_such_call_revokes_nothing(
    api: Api, root: Person, ann: Person, body: dict[str, object], status: int
) -> None:
    """Least of all a dry run that there is not."""
    made = await api.create(ann, scopes=["embed"])

    reply = await api.call("POST", AHEAD, by=root, json=body)

    assert reply.status == status
    assert (await api.call("GET", f"{TOKENS}/{made['id']}", by=ann)).document["state"] == "active"


async def test_a_cursor_goes_on_behind_its_place(api: Api, root: Person, ann: Person) -> None:
    """The last place there can be: nothing is left behind it."""
    made = await api.create(ann, scopes=["embed"])
    body = {"toml": without_embeds(), "after": f"{'f' * 32}-{'f' * 32}"}

    reply = await api.call("POST", AHEAD, by=root, json=body)

    assert reply.document == {"revoked": 0, "after": None}
    assert (await api.call("GET", f"{TOKENS}/{made['id']}", by=ann)).document["state"] == "active"
