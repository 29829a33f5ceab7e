"""Machine users: the only ones for whom an administrator makes tokens."""

import json

import pytest
from safeconduct.base64url import decode

from service.api.routes import ROUTES
from service.domain.identifiers import to_wire
from service.domain.token_page import TokenPage
from service.domain.user import Grant, GrantKind, Role
from tests.api.api_fixtures import NEW_TOKEN, Api, Person

ADMIN, OWN = "/v1/admin/machines", "/v1/machines"
NOBODYS = "00000000-0000-4000-8000-000000000000"
CHANGES = [route for route in ROUTES if route.method in {"POST", "PUT", "PATCH"}]


@pytest.fixture
async def root(api: Api) -> Person:
    return await api.person("root", role=Role.ADMINISTRATOR)


async def machine(api: Api, root: Person, **members: object) -> dict[str, object]:
    body = {"name": "nightly report", "responsible": ["ann"], "grant": "all", **members}
    reply = await api.call("POST", ADMIN, by=root, json=body)
    assert reply.status == 201, reply.body
    return reply.document


def subject_of(body: bytes) -> str:
    """The claims of the value that an answer shows; empty where it shows none."""
    try:
        shown = json.loads(body)["token"]
        return decode(shown.split(".")[1]).decode()
    except (ValueError, KeyError, TypeError, IndexError, AttributeError):
        return ""


async def is_active(api: Api, token: str) -> bool:
    return b'"active":true' in (await api.authority.introspect(token)).body


async def test_a_machine_is_made_with_those_who_answer_for_it(api: Api, ann: Person, root: Person) -> None:
    """By name or id, once each; it is listed for administrators, auditors and them, not for others."""
    made = await machine(api, root, responsible=["ANN", to_wire(ann.user.id)], grant=["company"])
    eve, bob = await api.person("eve", role=Role.AUDITOR), await api.person("bob")

    lists = [await api.call("GET", ADMIN, by=person) for person in (root, eve)]
    own = [await api.call("GET", OWN, by=person) for person in (ann, bob, root)]

    assert (made["kind"], made["role"]) == ("machine", "user")
    assert made["grant"]["scopes"] == ["company"]
    assert made["responsible"] == [{"id": to_wire(ann.user.id), "name": "ann"}]
    assert [reply.document for reply in lists] == [[made], [made]]
    assert [reply.document for reply in own] == [[made], [], []]
    assert (await api.call("GET", ADMIN, by=ann)).status == 403


@pytest.mark.parametrize(
    ("members", "status", "place"),
    [
        ({"responsible": []}, 422, "responsible"),
        ({"responsible": ["nobody"]}, 422, "responsible[0]"),
        ({"responsible": [NOBODYS]}, 422, "responsible[0]"),
        ({"responsible": ["ann", "gone"]}, 422, "responsible"),
        ({"responsible": ["robot"]}, 422, "responsible[0]"),
        ({"responsible": "ann"}, 422, "responsible"),
        ({"name": ""}, 422, "name"),
        ({"grant": ["nope"]}, 422, "scopes[0]"),
        ({"name": "ANN"}, 409, None),
        ({"role": "administrator"}, 400, "role"),
        ({"password": "x"}, 400, "password"),
    ],
)
async def test_a_machine_that_cannot_be_is_refused(
    api: Api, ann: Person, root: Person, members: dict[str, object], status: int, place: str | None
) -> None:
    """At least one enabled person answers for each; a machine answers for none and has no other role."""
    gone = await api.person("gone")
    await api.call("POST", f"/v1/admin/users/{to_wire(gone.user.id)}/disable", by=root)
    await machine(api, root, name="robot")
    body = {"name": "another", "responsible": ["ann"], **members}

    reply = await api.call("POST", ADMIN, by=root, json=body)

    assert reply.status == status
    assert place is None or place in {where for where, _ in reply.faults}


async def test_an_administrator_makes_a_machines_token(api: Api, ann: Person, root: Person) -> None:
    """It is the machine's, shown once; whoever answers for the machine sees and ends it, and nobody else does."""
    made = await machine(api, root)
    bob = await api.person("bob")
    path = f"{OWN}/{made['id']}/tokens"

    token = (await api.call("POST", f"{ADMIN}/{made['id']}/tokens", by=root, json=NEW_TOKEN)).document
    claims = (await api.authority.introspect(token["token"])).body
    seen = [await api.call("GET", path, by=person) for person in (ann, bob, root)]
    refused = await api.call("DELETE", f"{path}/{token['id']}", by=bob)
    ended = await api.call("DELETE", f"{path}/{token['id']}?reason=done", by=ann)

    assert f'"sub":"{made["id"]}"'.encode() in claims
    assert [reply.status for reply in seen] == [200, 404, 404]
    assert [each["id"] for each in seen[0].document] == [token["id"]]
    assert token["token"].encode() not in seen[0].body
    assert (refused.status, ended.status, ended.document["revoke_reason"]) == (404, 200, "done")
    assert not await is_active(api, token["token"])


async def test_a_machine_gets_no_more_than_its_grant(api: Api, ann: Person, root: Person) -> None:
    """What an administrator delegated is the limit, also for the administrator."""
    made = await machine(api, root, grant=["company:view"])

    reply = await api.call("POST", f"{ADMIN}/{made['id']}/tokens", by=root, json=NEW_TOKEN)

    assert (reply.status, reply.code) == (403, "scope_exceeds_grant")


async def test_a_disabled_machine_is_dead(api: Api, ann: Person, root: Person) -> None:
    """R17: its tokens end in the same moment, and no further one is made."""
    made = await machine(api, root)
    path = f"{ADMIN}/{made['id']}"
    token = (await api.call("POST", f"{path}/tokens", by=root, json=NEW_TOKEN)).document["token"]

    disabled = await api.call("POST", f"{path}/disable", by=root)
    further = await api.call("POST", f"{path}/tokens", by=root, json=NEW_TOKEN)

    assert disabled.document == {"revoked_values": 1}
    assert not await is_active(api, token)
    assert further.status == 403


async def test_a_person_is_no_machine(api: Api, ann: Person, root: Person) -> None:
    """The routes of machines know nothing of people."""
    path = f"{ADMIN}/{to_wire(ann.user.id)}"

    replies = [
        await api.call("POST", f"{path}/tokens", by=root, json=NEW_TOKEN),
        await api.call("POST", f"{path}/disable", by=root),
        await api.call("GET", f"{OWN}/{to_wire(ann.user.id)}/tokens", by=ann),
    ]

    assert [reply.status for reply in replies] == [404, 404, 404]


@pytest.mark.parametrize("route", CHANGES, ids=lambda route: f"{route.method} {route.path}")
async def test_no_route_lets_an_administrator_make_a_persons_token(api: Api, route: object) -> None:
    """Whatever path leads to a person or their token, with whatever members: nothing of theirs comes back."""
    root = await api.person("root", role=Role.ADMINISTRATOR)
    ann = await api.person("ann", grant=Grant(GrantKind.ALL))
    made = await api.create(ann)
    owner = to_wire(ann.user.id)

    for known in (owner, made["id"]):
        path = route.path.replace("{id}", known).replace("{token_id}", made["id"])
        path = path.replace("{kid}", known).replace("{provider}", "x")
        for extra in ({}, {"owner": owner}, {"user": owner}, {"owner_id": owner}, {"sub": owner}):
            reply = await api.call(route.method, path, by=root, json={**NEW_TOKEN, **extra})
            assert owner not in subject_of(reply.body)

    async with api.authority.opened.storage.reading() as read:
        theirs = await read.tokens.page(TokenPage(owner_id=ann.user.id))
    assert [to_wire(token.id) for token, _ in theirs] in ([made["id"]], [])


@pytest.mark.parametrize("cursor", ["x", "%FF", "MDA", "", "enp6eg"])
async def test_a_cursor_of_another_list_is_refused(api: Api, root: Person, cursor: str) -> None:
    """422, whatever it is made of."""
    reply = await api.call("GET", f"{ADMIN}?cursor={cursor}", by=root)

    assert (reply.status, reply.faults and {where for where, _ in reply.faults}) == (422, {"cursor"})


async def test_those_who_answer_for_a_machine_can_change(api: Api, ann: Person, root: Person) -> None:
    """Who is named sees it from now on, who is not does not; audited with who it was."""
    made, bob = await machine(api, root), await api.person("bob")
    path = f"{ADMIN}/{made['id']}/responsible"

    changed = await api.call("PUT", path, by=root, json={"responsible": ["BOB", to_wire(bob.user.id)]})
    own = [(await api.call("GET", OWN, by=person)).document for person in (ann, bob)]
    tokens = [await api.call("GET", f"{OWN}/{made['id']}/tokens", by=person) for person in (ann, bob)]

    assert changed.document["responsible"] == [{"id": to_wire(bob.user.id), "name": "bob"}]
    assert own == [[], [changed.document]]
    assert [reply.status for reply in tokens] == [404, 200]


@pytest.mark.parametrize(
    ("responsible", "place"),
    [
        ([], "responsible"),
        (["nobody"], "responsible[0]"),
        (["ann", "gone"], "responsible"),
        (["ann", "nightly report"], "responsible[1]"),
        (["ann"] * 33, "responsible"),
        ("ann", "responsible"),
        (None, "responsible"),
    ],
)
async def test_somebody_always_answers_for_a_machine(
    api: Api, ann: Person, root: Person, responsible: object, place: str
) -> None:
    """Never nobody, nobody unknown, nobody disabled, no machine: and those who did still do."""
    gone = await api.person("gone")
    await api.call("POST", f"/v1/admin/users/{to_wire(gone.user.id)}/disable", by=root)
    made = await machine(api, root)

    reply = await api.call(
        "PUT", f"{ADMIN}/{made['id']}/responsible", by=root, json={"responsible": responsible}
    )

    assert (reply.status, {where for where, _ in reply.faults}) == (422, {place})
    assert (await api.call("GET", OWN, by=ann)).document == [made]


async def test_only_machines_have_people_who_answer_for_them(api: Api, ann: Person, root: Person) -> None:
    """A person, or nobody at all: 404; and only an administrator changes it."""
    made = await machine(api, root)
    body = {"responsible": ["ann"]}

    missing = [
        await api.call("PUT", f"{ADMIN}/{each}/responsible", by=root, json=body)
        for each in (to_wire(ann.user.id), NOBODYS)
    ]
    by_responsible = await api.call("PUT", f"{ADMIN}/{made['id']}/responsible", by=ann, json=body)

    assert [reply.status for reply in missing] == [404, 404]
    assert by_responsible.status == 403


async def test_an_administrator_renews_a_machines_token(api: Api, ann: Person, root: Person) -> None:
    """The old value is dead, or ends with the overlap; a person's token, or another machine's, is not there."""
    made, other = await machine(api, root), await machine(api, root, name="other")
    path = f"{ADMIN}/{made['id']}/tokens"
    first = (await api.call("POST", path, by=root, json=NEW_TOKEN)).document
    anns = await api.create(ann)

    async def renew(token_id: object, where: str = path, **members: object) -> object:
        body = {"expiration": 9, **members}
        return await api.call("POST", f"{where}/{token_id}/regenerate", by=root, json=body)

    second = (await renew(first["id"])).document
    third = (await renew(first["id"], overlap=60)).document
    refused = [
        await renew(anns["id"]),
        await renew(first["id"], f"{ADMIN}/{other['id']}/tokens"),
        await renew(anns["id"], f"{ADMIN}/{to_wire(ann.user.id)}/tokens"),
        await renew(NOBODYS),
    ]

    values = [each["token"] for each in (first, second, third, anns)]
    assert [await is_active(api, value) for value in values] == [False, True, True, True]
    assert third["old_value_ends_at"]
    assert [reply.status for reply in refused] == [404] * 4


async def test_a_lost_answer_makes_no_second_token_of_a_machine(api: Api, ann: Person, root: Person) -> None:
    """R14, for what administrators make and renew as well."""
    path = f"{ADMIN}/{(await machine(api, root))['id']}/tokens"
    headers = {"Idempotency-Key": "night-after-night-1"}

    first, again = [await api.call("POST", path, by=root, json=NEW_TOKEN, headers=headers) for _ in range(2)]
    renewals = [
        await api.call(
            "POST",
            f"{path}/{first.document['id']}/regenerate",
            by=root,
            json={"expiration": 9},
            headers={"Idempotency-Key": "night-after-night-2"},
        )
        for _ in range(2)
    ]

    assert (first.status, again.status, again.document["id"]) == (201, 200, first.document["id"])
    assert [reply.status for reply in renewals] == [201, 200]
    assert again.document["value_gone"] is True
    assert await is_active(api, renewals[0].document["token"])
