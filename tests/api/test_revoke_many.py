import pytest

from service.domain.identifiers import to_wire
from service.domain.user import Role
from tests.api.api_fixtures import TOKENS, Api, Person

OWN, ANYONES = f"{TOKENS}/revoke", "/v1/admin/tokens/revoke"
NOBODYS = "00000000-0000-4000-8000-000000000000"


async def is_active(api: Api, token: str) -> bool:
    return b'"active":true' in (await api.authority.introspect(token)).body


@pytest.fixture
async def root(api: Api) -> Person:
    return await api.person("root", role=Role.ADMINISTRATOR)


async def test_many_end_by_one_call(api: Api, ann: Person, root: Person) -> None:
    """What happened is told per id, in the order asked, and counted; other people's tokens are not there."""
    mine, dead, others = await api.create(ann), await api.create(ann), await api.create(root)
    await api.call("DELETE", f"{TOKENS}/{dead['id']}", by=ann)
    ids = [dead["id"], mine["id"], others["id"], mine["id"], "no id"]

    reply = await api.call("POST", OWN, by=ann, json={"ids": ids, "reason": "spring"})

    assert reply.status == 200
    assert reply.document == {
        "dry_run": False,
        "counts": {"revoked": 1, "already_revoked": 1, "not_found": 2},
        "results": [
            {"id": dead["id"], "outcome": "already_revoked"},
            {"id": mine["id"], "outcome": "revoked"},
            {"id": others["id"], "outcome": "not_found"},
            {"id": "no id", "outcome": "not_found"},
        ],
    }
    assert [await is_active(api, each["token"]) for each in (mine, others)] == [False, True]
    shown = await api.call("GET", f"{TOKENS}/{mine['id']}", by=ann)
    assert shown.document["revoke_reason"] == "spring"


async def test_a_filter_is_tried_before_it_is_used(api: Api, ann: Person) -> None:
    """A dry run names what would end; the same filter then ends it."""
    one, other = await api.create(ann, note="CI 1"), await api.create(ann, note="report")
    body = {"filter": {"search": "ci", "state": "active"}}

    dry = await api.call("POST", OWN, by=ann, json=body | {"dry_run": True})
    before = await is_active(api, one["token"])
    real = await api.call("POST", OWN, by=ann, json=body)

    assert [result["id"] for result in dry.document["results"]] == [one["id"]]
    assert (dry.document["dry_run"], before) == (True, True)
    assert real.document["counts"] == {"revoked": 1, "already_revoked": 0, "not_found": 0}
    assert [await is_active(api, each["token"]) for each in (one, other)] == [False, True]


async def test_ages_and_last_use_are_conditions(api: Api, ann: Person) -> None:
    """Times are RFC 3339; a token that was never used counts from when it was made."""
    await api.create(ann, note="old")
    api.authority.clock.advance(40 * 86_400)
    again = await api.sign_in("ann")
    await api.create(again, note="young", expiration=1)
    times = [
        {"created_before": "2100-01-01T00:00:00Z"},
        {"created_before": "2001-01-01T00:00:00+02:00"},
        {"unused_since": "2100-01-01T00:00:00Z", "state": ["active"]},
    ]

    counts = [
        (await api.call("POST", OWN, by=again, json={"filter": each, "dry_run": True})).document["counts"]
        for each in times
    ]

    assert [count["revoked"] for count in counts] == [2, 0, 1]


@pytest.mark.parametrize(
    ("body", "status", "place"),
    [
        ({}, 422, "ids"),
        ({"ids": [NOBODYS], "filter": {"scope": "embed"}}, 422, "ids"),
        ({"ids": []}, 422, "ids"),
        ({"ids": [NOBODYS] * 1_001}, 422, "ids"),
        ({"ids": NOBODYS}, 422, "ids"),
        ({"ids": [1]}, 422, "ids[0]"),
        ({"filter": {}}, 422, "filter"),
        ({"filter": []}, 422, "filter"),
        ({"filter": {"state": "revoked"}}, 422, "filter.state"),
        ({"filter": {"state": []}}, 422, "filter.state"),
        ({"filter": {"search": ""}}, 422, "filter.search"),
        ({"filter": {"scope": "a\x00"}}, 422, "filter.scope"),
        ({"filter": {"created_before": "2027-01-01T00:00:00"}}, 422, "filter.created_before"),
        ({"filter": {"created_before": 5}}, 422, "filter.created_before"),
        ({"filter": {"scope": "embed"}, "reason": " "}, 422, "reason"),
        ({"filter": {"scope": "embed"}, "dry_run": 1}, 422, "dry_run"),
        ({"filter": {"owner": "ann"}}, 400, "owner"),
        ({"filter": {"user": "ann"}}, 400, "user"),
        ({"all": True}, 400, "all"),
    ],
)
async def test_what_means_nothing_ends_nothing(
    api: Api, ann: Person, body: dict[str, object], status: int, place: str
) -> None:
    """Least of all does an empty or a misspelt filter mean everything."""
    made = await api.create(ann)

    reply = await api.call("POST", OWN, by=ann, json=body)

    assert reply.status == status
    assert place in {where for where, _ in reply.faults}
    assert await is_active(api, made["token"])


async def test_an_administrator_ends_anyones(api: Api, ann: Person, root: Person) -> None:
    """By ids, by user (name or id) and by key; why must be said."""
    bob = await api.person("bob")
    made = {name: await api.create(who) for name, who in {"ann": ann, "bob": bob, "root": root}.items()}
    [kid] = {item["kid"] for item in (await api.call("GET", "/v1/admin/tokens", by=root)).document}

    unsaid = await api.call("POST", ANYONES, by=root, json={"filter": {"user": "bob"}})
    nobody = await api.call("POST", ANYONES, by=root, json={"filter": {"user": "eve"}, "reason": "leak"})
    by_name = await api.call("POST", ANYONES, by=root, json={"filter": {"user": "BOB"}, "reason": "leak"})
    alive = [await is_active(api, made[name]["token"]) for name in ("ann", "bob", "root")]
    by_id = await api.call(
        "POST", ANYONES, by=root, json={"filter": {"user": to_wire(ann.user.id)}, "reason": "leak"}
    )
    by_key = await api.call("POST", ANYONES, by=root, json={"filter": {"kid": kid}, "reason": "leak"})
    by_ids = await api.call("POST", ANYONES, by=root, json={"ids": [made["ann"]["id"]], "reason": "again"})

    assert (unsaid.status, unsaid.faults) == (422, {("reason", "required")})
    assert (nobody.status, nobody.faults) == (422, {("filter.user", "unknown_user")})
    assert alive == [True, False, True]
    assert [reply.document["counts"]["revoked"] for reply in (by_name, by_id, by_key)] == [1, 1, 1]
    assert by_ids.document["results"] == [{"id": made["ann"]["id"], "outcome": "already_revoked"}]


async def test_only_an_administrator_ends_other_peoples(api: Api, ann: Person) -> None:
    """An auditor reads; an ordinary person has the route for their own."""
    auditor = await api.person("eve", role=Role.AUDITOR)
    body = {"filter": {"scope": "embed"}, "reason": "x", "dry_run": True}

    replies = [await api.call("POST", ANYONES, by=person, json=body) for person in (ann, auditor)]

    assert [reply.status for reply in replies] == [403, 403]
