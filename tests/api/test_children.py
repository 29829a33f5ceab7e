"""A token that may make others, over the wire: what it can do with its own, and nothing else."""

import asyncio

import pytest

from service.api.routes import ROUTES
from service.domain.descent import SCOPE
from service.domain.principal import CredentialKind
from tests.api.api_fixtures import NEW_TOKEN, TOKENS, Api, Person
from tests.application.descending import offering_children

CHILD = {"expiration": 5, "scopes": ["company:view"], "note": "for the worker"}
NOT_THEIRS = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
async def making(api: Api) -> Api:
    services = api.authority.services
    await services.apply_catalogue(offering_children(services.current.catalogue), actor="test")
    return api


@pytest.fixture
async def parent(making: Api, ann: Person) -> dict[str, object]:
    return await making.create(ann, scopes=[SCOPE, "company", "automation:view"])


async def a_child(api: Api, parent: dict[str, object], **members: object) -> dict[str, object]:
    reply = await api.call("POST", TOKENS, bearer=parent["token"], json={**CHILD, **members})
    assert reply.status == 201, reply.body
    return reply.document


async def is_active(api: Api, token: object) -> bool:
    return b'"active":true' in (await api.authority.introspect(str(token))).body


async def test_a_token_makes_lists_reads_renews_and_ends_its_own(
    making: Api, ann: Person, parent: dict[str, object]
) -> None:
    """Threats 11: without any confirmation, each answer as for a person; its owner sees whose it is."""
    bearer = str(parent["token"])

    child = await a_child(making, parent)
    listed = await making.call("GET", TOKENS, bearer=bearer)
    read = await making.call("GET", f"{TOKENS}/{child['id']}", bearer=bearer)
    renewed = await making.call(
        "POST", f"{TOKENS}/{child['id']}/regenerate", bearer=bearer, json={"expiration": 3}
    )
    seen = (await making.call("GET", TOKENS, by=ann)).document

    assert child["parent_id"] == parent["id"]
    assert [each["id"] for each in listed.document] == [child["id"]]
    assert "token" not in read.document
    assert [await is_active(making, each) for each in (child["token"], renewed.document["token"])] == [
        False,
        True,
    ]
    assert {each["id"]: each["parent_id"] for each in seen} == {
        child["id"]: parent["id"],
        parent["id"]: None,
    }
    ended = await making.call("DELETE", f"{TOKENS}/{child['id']}", bearer=bearer)
    assert (ended.status, ended.document["revoke_reason"]) == (200, "revoked_by_parent")
    assert not await is_active(making, renewed.document["token"])
    assert await is_active(making, bearer)


async def test_without_the_scope_a_token_makes_nothing(making: Api, ann: Person) -> None:
    """403 with the word of RFC 6750 at every route that a maker may call; so it is for a child."""
    parent = await making.create(ann, scopes=[SCOPE, "company"])
    child, plain = await a_child(making, parent), await making.create(ann)
    routes = [
        route
        for route in ROUTES
        if CredentialKind.TOKEN in route.callers
        and route.path.startswith(TOKENS)
        and "self" not in route.path
    ]

    replies = [
        await making.call(
            route.method,
            route.path.replace("{id}", child["id"]),
            bearer=token["token"],
            json=CHILD if route.method == "POST" else None,
        )
        for token in (plain, child)
        for route in routes
    ]

    assert len(routes) == 5
    assert {(reply.status, reply.code) for reply in replies} == {(403, "insufficient_scope")}
    assert await is_active(making, child["token"])


async def test_without_the_scope_in_the_catalogue_nobody_has_it(api: Api, ann: Person) -> None:
    """The operator decides; a person cannot ask for it either."""
    reply = await api.call("POST", TOKENS, by=ann, json={**NEW_TOKEN, "scopes": [SCOPE]})

    assert (reply.status, reply.faults) == (422, {("scopes[0]", "unknown_scope")})


@pytest.mark.parametrize(
    ("members", "status", "faults"),
    [
        ({"expiration": 31}, 422, {("expiration", "beyond_parent")}),
        ({"expiration": None}, 422, {("expiration", "beyond_parent")}),
        ({"audience": "https://reports.example/api"}, 422, {("audience[0]", "beyond_parent")}),
        ({"scopes": ["embed"]}, 403, None),
        ({"scopes": [SCOPE]}, 403, None),
        ({"parent_id": NOT_THEIRS}, 400, {("parent_id", "unknown_member")}),
        ({"owner": NOT_THEIRS}, 400, {("owner", "unknown_member")}),
    ],
)
async def test_what_reaches_beyond_the_parent_is_refused_by_name(
    making: Api, parent: dict[str, object], members: dict[str, object], status: int, faults: object
) -> None:
    """All of it at once, and nothing is made."""
    reply = await making.call("POST", TOKENS, bearer=str(parent["token"]), json={**CHILD, **members})

    assert reply.status == status
    assert faults is None or reply.faults == faults
    assert (await making.call("GET", TOKENS, bearer=str(parent["token"]))).document == []


async def test_all_else_is_as_if_it_were_not_there(
    making: Api, ann: Person, parent: dict[str, object]
) -> None:
    """IDs swapped (S33): itself, a sibling, a sibling's child, another's: 404, whatever is asked."""
    bob = await making.person("bob")
    sibling = await making.create(ann, scopes=[SCOPE, "company"])
    foreign = await making.create(bob, scopes=[SCOPE, "company"])
    ids = [parent["id"], sibling["id"], (await a_child(making, sibling))["id"]]
    ids += [foreign["id"], (await a_child(making, foreign))["id"], NOT_THEIRS]

    replies = [
        await making.call(method, f"{TOKENS}/{each}{path}", bearer=str(parent["token"]), json=body)
        for each in ids
        for method, path, body in (
            ("GET", "", None),
            ("DELETE", "", None),
            ("POST", "/regenerate", {"expiration": 1}),
        )
    ]

    assert {reply.status for reply in replies} == {404}
    assert [await is_active(making, each["token"]) for each in (parent, sibling, foreign)] == [True] * 3


async def test_one_key_makes_one_child_however_often_it_is_sent(
    making: Api, parent: dict[str, object]
) -> None:
    """R14: at once and afterwards; the value is shown once."""
    headers = {"Idempotency-Key": "a-key-of-this-worker-1"}

    async def ask() -> object:
        return await making.call("POST", TOKENS, bearer=str(parent["token"]), json=CHILD, headers=headers)

    replies = [*await asyncio.gather(*(ask() for _ in range(6))), await ask()]

    made = [reply for reply in replies if reply.status == 201]
    assert len(made) == 1
    assert {reply.status for reply in replies} <= {200, 201, 409}
    assert replies[-1].document["value_gone"] is True
    assert len((await making.call("GET", TOKENS, bearer=str(parent["token"]))).document) == 1


async def test_a_dead_parent_can_do_nothing(making: Api, ann: Person, parent: dict[str, object]) -> None:
    """401 from the moment it is revoked; its children are no more than it is."""
    child = await a_child(making, parent)
    await making.call("DELETE", f"{TOKENS}/{parent['id']}", by=ann)

    refused = await making.call("POST", TOKENS, bearer=str(parent["token"]), json=CHILD)

    assert refused.status == 401
    assert [await is_active(making, each["token"]) for each in (parent, child)] == [False, False]


async def test_a_child_may_look_at_and_end_itself(making: Api, parent: dict[str, object]) -> None:
    """`self` is open to it like to any token; its end touches no other."""
    child = await a_child(making, parent)

    looked = await making.call("GET", f"{TOKENS}/self", bearer=str(child["token"]))
    ended = await making.call("DELETE", f"{TOKENS}/self", bearer=str(child["token"]))

    assert (looked.document["id"], looked.document["parent_id"]) == (child["id"], parent["id"])
    assert ended.status == 200
    assert await is_active(making, parent["token"])
