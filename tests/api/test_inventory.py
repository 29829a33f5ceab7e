from urllib.parse import urlsplit

import pytest

from service.domain.identifiers import to_wire
from service.domain.user import Role
from tests.api.api_fixtures import TOKENS, Api, Person

INVENTORY = "/v1/admin/tokens"


@pytest.fixture
async def root(api: Api) -> Person:
    return await api.person("root", role=Role.ADMINISTRATOR)


def notes(document: list[dict[str, object]]) -> list[object]:
    return [item["note"] for item in document]


async def test_everybodys_tokens_are_listed_without_a_value(api: Api, ann: Person, root: Person) -> None:
    """Owner, scopes, age, last use, key and state of each, the newest first; for auditors too."""
    made = await api.create(ann, note="hers")
    api.authority.clock.advance(5)
    await api.create(root, note="mine")
    eve = await api.person("eve", role=Role.AUDITOR)

    lists = [await api.call("GET", INVENTORY, by=person) for person in (root, eve)]
    one = await api.call("GET", f"{INVENTORY}/{made['id']}", by=eve)
    refused = await api.call("GET", INVENTORY, by=ann)

    keys = (await api.call("GET", "/v1/admin/keys", by=root)).document
    assert [notes(reply.document) for reply in lists] == [["mine", "hers"]] * 2
    assert lists[0].document[1] == one.document
    assert one.document["owner"] == {"id": to_wire(ann.user.id), "name": "ann", "kind": "person"}
    assert one.document["kid"] in {key["kid"] for key in keys}
    assert (one.document["state"], one.document["last_used"]) == ("active", None)
    assert "token" not in one.document
    assert made["token"].encode() not in lists[0].body
    assert refused.status == 403


async def test_pages_lead_on_through_everything(api: Api, ann: Person, root: Person) -> None:
    """Each token once, also where many were made in one second; the question stays."""
    for number in range(5):
        await api.create(ann, note=f"n{number}")
    await api.create(root)
    seen: list[object] = []
    path = f"{INVENTORY}?user=ann&limit=2"

    while path:
        reply = await api.call("GET", path, by=root)
        seen += notes(reply.document)
        link = reply.headers.get("Link", "")
        parts = urlsplit(link.partition(">")[0].removeprefix("<"))
        path = f"{parts.path}?{parts.query}" if link else ""

    assert sorted(map(str, seen)) == ["n0", "n1", "n2", "n3", "n4"]


async def test_an_inventory_is_narrowed(api: Api, ann: Person, root: Person) -> None:
    """By user, scope, age, last use, key and state."""
    await api.create(ann, note="hers", scopes=["company"])
    gone = await api.create(ann, note="gone")
    await api.call("DELETE", f"{TOKENS}/{gone['id']}", by=ann)
    await api.create(root, note="mine")
    kid = (await api.call("GET", INVENTORY, by=root)).document[0]["kid"]
    queries = {
        f"user={to_wire(ann.user.id)}": {"hers"},
        "user=ANN&state=revoked": {"gone"},
        "scope=company": {"hers"},
        "search=MINE": {"mine"},
        f"kid={kid}": {"hers", "mine"},
        "kid=other": set(),
        "created_before=2001-01-01T00:00:00Z": set(),
        "unused_since=2100-01-01T00:00:00Z&user=root": {"mine"},
    }

    shown = {
        query: set(notes((await api.call("GET", f"{INVENTORY}?{query}", by=root)).document))
        for query in queries
    }

    assert shown == queries


@pytest.mark.parametrize(
    ("query", "status", "where"),
    [
        ("owner=ann", 400, "owner"),
        ("user=ann&user=bob", 400, "user"),
        ("user=nobody", 422, "user"),
        ("user=", 422, "user"),
        ("state=dead", 422, "state"),
        ("created_before=yesterday", 422, "created_before"),
        ("unused_since=2027-01-01", 422, "unused_since"),
        ("kid=%00", 422, "kid"),
        ("limit=0", 422, "limit"),
        ("cursor=x", 422, "cursor"),
        ("cursor=%FF", 422, "cursor"),
    ],
)
async def test_a_question_that_means_nothing_is_refused(
    api: Api, root: Person, query: str, status: int, where: str
) -> None:
    """Not ignored: an inventory that silently shows too much or too little misleads."""
    reply = await api.call("GET", f"{INVENTORY}?{query}", by=root)

    assert reply.status == status
    assert {place for place, _ in reply.faults} == {where}


async def test_an_administrators_pause_is_lifted_by_an_administrator(
    api: Api, ann: Person, root: Person
) -> None:
    """The owner sees it paused and cannot resume it."""
    made = await api.create(ann)
    path = f"{INVENTORY}/{made['id']}"

    paused = await api.call("PATCH", path, by=root, json={"suspended": True})
    refused = await api.call("PATCH", f"{TOKENS}/{made['id']}", by=ann, json={"suspended": False})
    seen = await api.authority.introspect(made["token"])
    resumed = await api.call("PATCH", path, by=root, json={"suspended": False})

    assert (paused.status, paused.document["state"]) == (200, "suspended")
    assert paused.document["suspended_by_administrator"] is True
    assert (refused.status, refused.code) == (403, "not_allowed")
    assert seen.body == b'{"active":false}'
    assert resumed.document["state"] == "active"
    assert b'"active":true' in (await api.authority.introspect(made["token"])).body


@pytest.mark.parametrize("member", ["note", "expiration", "scopes", "metadata", "token"])
async def test_an_administrator_changes_nothing_else(
    api: Api, ann: Person, root: Person, member: str
) -> None:
    """A pause and a revocation: nobody's token is edited by another."""
    made = await api.create(ann)
    body = {"suspended": False, member: None}

    reply = await api.call("PATCH", f"{INVENTORY}/{made['id']}", by=root, json=body)

    assert (reply.status, reply.code) == (400, "unknown_member")


async def test_an_administrator_ends_one(api: Api, ann: Person, root: Person) -> None:
    """Final, with the reason; a repeat answers the first."""
    made = await api.create(ann)
    path = f"{INVENTORY}/{made['id']}"

    ended = await api.call("DELETE", f"{path}?reason=left", by=root)
    again = await api.call("DELETE", f"{path}?reason=other", by=root)

    assert (ended.status, ended.document["revoke_reason"]) == (200, "left")
    assert ended.document["revoked_by"] == f"user:{root.user.id}"
    assert again.document == ended.document
    assert (await api.authority.introspect(made["token"])).body == b'{"active":false}'


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
@pytest.mark.parametrize("token_id", ["00000000-0000-4000-8000-000000000000", "x", "%00"])
async def test_what_is_not_there_is_404(api: Api, root: Person, method: str, token_id: str) -> None:
    """Whatever the id looks like."""
    body = {"suspended": True} if method == "PATCH" else None

    assert (await api.call(method, f"{INVENTORY}/{token_id}", by=root, json=body)).status == 404
