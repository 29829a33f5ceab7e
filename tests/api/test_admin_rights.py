import asyncio

import pytest

from service.domain.identifiers import to_wire
from service.domain.session import Carrier
from service.domain.user import Role
from tests.api.api_fixtures import NEW_TOKEN, TOKENS, Api, Person, Reply

USERS = "/v1/admin/users"
NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
async def root(api: Api) -> Person:
    return await api.person("root", role=Role.ADMINISTRATOR)


async def put(api: Api, by: Person, whom: Person, what: str, query: str = "", **body: object) -> Reply:
    return await api.call("PUT", f"{USERS}/{to_wire(whom.user.id)}/{what}{query}", by=by, json=body)


async def states(api: Api, whom: Person) -> dict[str, str]:
    """Of each token of theirs, by its note."""
    listed = await api.call("GET", f"{TOKENS}?state=active&state=revoked", by=whom)
    return {token["note"]: token["state"] for token in listed.document}


async def test_a_grant_is_narrowed_after_a_look(api: Api, root: Person, ann: Person) -> None:
    """The look counts and names what would end; its `preview` does exactly that; the reason is in the record."""
    await api.create(ann, note="wide", scopes=["embed", "company"])
    await api.create(ann, note="within", scopes=["company:view"])

    seen = await put(api, root, ann, "grant", "?dry_run=true", grant=["company"])
    between = await states(api, ann)
    done = await put(api, root, ann, "grant", grant=["company"], preview=seen.document["preview"])

    assert between == {"wide": "active", "within": "active"}
    assert seen.document["beyond"]["count"] == 1
    [told] = seen.document["beyond"]["tokens"]
    assert (told["note"], told["scopes"], told["ends"]) == ("wide", ["embed"], "token")
    assert (seen.document["dry_run"], done.document["dry_run"]) == (True, False)
    assert done.document["revoked_values"] == 1
    assert done.document["grant"]["scopes"] == ["company"]
    assert await states(api, ann) == {"wide": "revoked", "within": "active"}
    record = (await api.call("GET", f"{TOKENS}/{told['id']}", by=ann)).document
    assert record["revoke_reason"] == "grant_narrowed"


async def test_a_look_that_is_out_of_date_is_told_to_look_again(api: Api, root: Person, ann: Person) -> None:
    """409, and nothing is changed."""
    seen = await put(api, root, ann, "grant", "?dry_run=true", grant=["company"])
    await api.create(ann, note="meanwhile", scopes=["embed"])

    late = await put(api, root, ann, "grant", grant=["company"], preview=seen.document["preview"])

    assert (late.status, late.code) == (409, "preview_outdated")
    assert await states(api, ann) == {"meanwhile": "active"}


async def test_at_most_a_hundred_are_named_and_all_are_counted(api: Api, root: Person, ann: Person) -> None:
    """The answer stays readable."""
    policy = {"max_live_tokens_per_user": 1_000, "max_creations_per_hour": 1_000}
    await api.call("PUT", "/v1/admin/policy", by=root, json={"policy": policy})
    await asyncio.gather(*(api.create(ann, scopes=["embed"]) for _ in range(103)))

    done = await put(api, root, ann, "grant", grant=["company"])

    assert (done.document["beyond"]["count"], len(done.document["beyond"]["tokens"])) == (103, 100)
    assert done.document["revoked_values"] == 103


@pytest.mark.parametrize(
    ("what", "query", "body", "status"),
    [
        ("grant", "", {}, 422),
        ("grant", "", {"grant": "some"}, 422),
        ("grant", "", {"grant": ["nope"]}, 422),
        ("grant", "", {"grant": []}, 422),
        ("grant", "", {"grant": ["embed"] * 101 + [1]}, 422),
        ("grant", "", {"grant": ["\ud800"]}, 400),
        ("grant", "", {"grant": "all", "x": 1}, 400),
        ("grant", "?dry_run=1", {"grant": "all"}, 422),
        ("grant", "?dryrun=true", {"grant": ["company"]}, 400),
        ("grant", "", {"grant": "all", "preview": "0" * 64}, 409),
        ("role", "", {"role": "king"}, 422),
        ("role", "", {"role": ["user"]}, 422),
        ("role", "", {}, 422),
    ],
)
async def test_a_call_that_could_be_misread_changes_nothing(
    api: Api, root: Person, ann: Person, what: str, query: str, body: dict[str, object], status: int
) -> None:
    """Least of all a look that was misspelt."""
    await api.create(ann, note="n", scopes=["embed"])
    before = (await api.call("GET", f"{USERS}?name=ann", by=root)).document

    reply = await put(api, root, ann, what, query, **body)

    assert reply.status == status
    assert (await api.call("GET", f"{USERS}?name=ann", by=root)).document == before
    assert await states(api, ann) == {"n": "active"}


async def test_nobody_is_changed_where_nobody_is(api: Api, root: Person) -> None:
    """404 for an id that is nobody's, in each of the calls."""
    replies = [
        await api.call("PUT", f"{USERS}/{NOBODY}/grant", by=root, json={"grant": "all"}),
        await api.call("PUT", f"{USERS}/{NOBODY}/grant?dry_run=true", by=root, json={"grant": "all"}),
        await api.call("PUT", f"{USERS}/{NOBODY}/role", by=root, json={"role": "user"}),
        await api.call("POST", f"{USERS}/{NOBODY}/enable", by=root, json={}),
    ]

    assert [reply.status for reply in replies] == [404] * 4


async def test_nobody_but_an_administrator_changes_rights(api: Api, root: Person, ann: Person) -> None:
    """Neither their own nor others': a user and an auditor are refused, each with a clear code."""
    eve = await api.person("eve", role=Role.AUDITOR)

    codes = {
        who.user.name: {(await put(api, who, whom, "grant", grant="all")).code for whom in (root, ann, eve)}
        | {(await put(api, who, who, "role", role="administrator")).code}
        for who in (ann, eve)
    }

    assert codes == {"ann": {"not_allowed"}, "eve": {"auditor_changes_nothing"}}


async def test_an_auditor_reads_everything_and_changes_nothing(api: Api, root: Person, ann: Person) -> None:
    """Not even a token of their own; a revocation of what they had before is never refused."""
    made = await api.create(ann, note="before")
    await put(api, root, ann, "role", role="auditor")
    ann = await api.sign_in("ann", Carrier.COOKIE)
    token = f"{TOKENS}/{made['id']}"

    reads = [
        (await api.call("GET", path, by=ann)).status
        for path in (TOKENS, token, "/v1/admin/tokens", "/v1/admin/policy", f"{USERS}?name=root")
    ]
    changes = [
        await api.call("POST", TOKENS, by=ann, json=NEW_TOKEN),
        await api.call("PATCH", token, by=ann, json={"note": "x"}),
        await api.call("POST", f"{token}/regenerate", by=ann, json={"expiration": 1}),
    ]
    ended = await api.call("DELETE", token, by=ann)

    assert reads == [200] * 5
    assert [(reply.status, reply.code) for reply in changes] == [(403, "auditor_changes_nothing")] * 3
    assert (ended.status, ended.document["state"]) == (200, "revoked")


async def test_a_change_of_role_ends_the_session_that_had_the_other_one(
    api: Api, root: Person, ann: Person
) -> None:
    """R48: with the next sign-in somebody is what they were made."""
    changed = await put(api, root, ann, "role", role="administrator")
    stale = await api.call("GET", "/v1/me", by=ann)
    fresh = await api.call("GET", "/v1/admin/policy", by=await api.sign_in("ann"))

    assert (changed.status, changed.document["role"]) == (200, "administrator")
    assert (stale.status, fresh.status) == (401, 200)


async def test_the_last_administrator_is_told_why_they_stay(api: Api, root: Person) -> None:
    """409 with a code of its own; once there is another, they may go."""
    disable = f"{USERS}/{to_wire(root.user.id)}/disable"

    alone = [
        await api.call("POST", disable, by=root, json={}),
        await put(api, root, root, "role", role="user"),
    ]
    bob = await api.person("bob", role=Role.ADMINISTRATOR)
    by_bob = await api.call("POST", disable, by=bob, json={})

    assert [(reply.status, reply.code) for reply in alone] == [(409, "last_administrator")] * 2
    assert by_bob.status == 200


async def test_who_is_enabled_again_signs_in_to_dead_tokens(api: Api, root: Person, ann: Person) -> None:
    """R2: nothing comes back but the account."""
    await api.create(ann, note="dead")
    account = f"{USERS}/{to_wire(ann.user.id)}"
    await api.call("POST", f"{account}/disable", by=root, json={})

    enabled = await api.call("POST", f"{account}/enable", by=root, json={})
    old = await api.call("GET", "/v1/me", by=ann)
    back = await api.sign_in("ann")

    assert (enabled.status, enabled.document["disabled_at"]) == (200, None)
    assert old.status == 401
    assert await states(api, back) == {"dead": "revoked"}
    assert (await api.call("POST", TOKENS, by=back, json=NEW_TOKEN)).status == 201
