import pytest

from service.domain.user import Role
from tests.api.api_fixtures import NEW_TOKEN, TOKENS, Api, Person
from tests.api.factors import set_up

POLICY = "/v1/admin/policy"


@pytest.fixture
async def root(api: Api) -> Person:
    return await api.person("root", role=Role.ADMINISTRATOR)


async def put(api: Api, by: Person, query: str = "", expected_version: int | None = None, **policy: object):
    body = {"policy": policy, **({"expected_version": expected_version} if expected_version else {})}
    return await api.call("PUT", POLICY + query, by=by, json=body)


async def test_a_policy_is_looked_at_and_replaced(api: Api, root: Person) -> None:
    """What was looked at is what is changed: a version that has passed is 409, and a dry run changes nothing."""
    before = (await api.call("GET", POLICY, by=root)).document
    wanted = before["policy"] | {"max_lifetime_days": 30, "machines": {"max_lifetime_days": 7}}

    seen = await put(api, root, "?dry_run=true", before["version"], **wanted)
    unchanged = (await api.call("GET", POLICY, by=root)).document
    done = await put(api, root, "", before["version"], **wanted)
    late = await put(api, root, "", before["version"], **before["policy"])

    assert unchanged == before
    assert [(change["what"], change["name"]) for change in seen.document["changes"]] == [
        ("policy", "machines"),
        ("policy", "max_lifetime_days"),
    ]
    assert (done.status, done.document["changes"]) == (200, seen.document["changes"])
    assert done.document["policy"] == wanted == (await api.call("GET", POLICY, by=root)).document["policy"]
    assert done.document["version"] == before["version"] + 1
    assert (late.status, late.code) == (409, "catalogue_changed")


async def test_all_that_is_wrong_with_a_policy_is_told_at_once(api: Api, root: Person) -> None:
    """Ruling 4: each fault with its place, none applied; so are hostile numbers, words and tables."""
    reply = await put(
        api,
        root,
        max_lifetime_days=0,
        confirm=None,
        second_factor="maybe",
        max_live_tokens_per_user=10**400,
        machines={"confirm": 5, "x": 1},
        administrators=[],
        surprise={},
    )

    assert reply.status == 422
    assert [fault["where"] for fault in reply.document["faults"]] == [
        "policy.administrators",
        "policy.confirm",
        "policy.machines.confirm",
        "policy.machines.x",
        "policy.max_lifetime_days",
        "policy.max_live_tokens_per_user",
        "policy.second_factor",
        "policy.surprise",
    ]


@pytest.mark.parametrize(
    ("query", "body", "status"),
    [
        ("", {}, 422),
        ("", {"policy": []}, 422),
        ("", {"policy": {}, "expected_version": "1"}, 422),
        ("", {"policy": {}, "more": 1}, 400),
        ("?dry_run=yes", {"policy": {}}, 422),
        ("?dry-run=true", {"policy": {}}, 400),
        ("?dry_run=true&dry_run=false", {"policy": {}}, 400),
    ],
)
async def test_a_call_that_could_be_misread_changes_nothing(
    api: Api, root: Person, query: str, body: dict[str, object], status: int
) -> None:
    """Least of all a dry run that was misspelt."""
    before = (await api.call("GET", POLICY, by=root)).document

    reply = await api.call("PUT", POLICY + query, by=root, json=body)

    assert reply.status == status
    assert (await api.call("GET", POLICY, by=root)).document == before


async def test_a_policy_is_an_administrators_to_change_and_an_auditors_to_read(
    api: Api, root: Person
) -> None:
    """R16; and to change it the password is asked for again (ruling 7)."""
    eve, ann = await api.person("eve", role=Role.AUDITOR), await api.person("ann")
    reads = [(await api.call("GET", POLICY, by=who)).status for who in (root, eve, ann)]
    changes = [(await put(api, who)).status for who in (eve, ann)]
    api.authority.clock.advance(301)
    stale = await put(api, root)

    assert (reads, changes) == ([200, 200, 403], [403, 403])
    assert (stale.status, stale.code) == (401, "insufficient_user_authentication")


async def test_everybody_is_told_the_policy_that_holds_for_them(api: Api, root: Person) -> None:
    """Pages offer what will be accepted: `/v1/me` and `/v1/scopes` say what holds for the caller."""
    ann = await api.person("ann")
    await set_up(api, root)
    await put(
        api,
        root,
        max_lifetime_days=30,
        second_factor="administrators",
        administrators={"confirm": "every", "allow_no_expiration": False},
    )

    of_ann, of_root = [(await api.call("GET", "/v1/me", by=who)).document["policy"] for who in (ann, root)]
    ends = (await api.call("GET", "/v1/scopes", by=root)).document["policy"]

    assert of_ann == {
        "max_lifetime_days": 30,
        "allow_no_expiration": True,
        "confirm": 300,
        "needs_second_factor": False,
        "max_live_tokens": 100,
        "max_creations_per_hour": 20,
    }
    assert of_root == of_ann | {"allow_no_expiration": False, "confirm": "every", "needs_second_factor": True}
    assert ends == {"max_lifetime_days": 30, "allow_no_expiration": False}


async def test_administrators_may_be_asked_more_often_than_others(api: Api, root: Person) -> None:
    """`confirm` is judged by who asks: every change of an administrator's, none of a user's after sign-in."""
    ann = await api.person("ann")
    await put(api, root, confirm="sign-in", administrators={"confirm": "every"})
    api.authority.clock.advance(1_000)

    by_ann = [(await api.call("POST", TOKENS, by=ann, json=NEW_TOKEN)).status for _ in range(2)]
    by_root = await api.call("POST", TOKENS, by=root, json=NEW_TOKEN)

    assert by_ann == [201, 201]
    assert by_root.status == 401


async def test_a_refusal_names_the_policy_that_refused(api: Api, root: Person) -> None:
    """For people in words, for programs as a member of the answer where it is a ceiling."""
    await put(
        api, root, max_lifetime_days=7, max_live_tokens_per_user=1, administrators={"max_lifetime_days": 5}
    )
    await api.create(root, expiration=5)

    too_far = await api.call("POST", TOKENS, by=root, json={**NEW_TOKEN, "expiration": 6})
    too_many = await api.call("POST", TOKENS, by=root, json={**NEW_TOKEN, "expiration": 5})

    assert "(policy.administrators.max_lifetime_days)" in too_far.document["faults"][0]["detail"]
    assert (too_many.status, too_many.document["policy"]) == (409, "policy.max_live_tokens_per_user")
