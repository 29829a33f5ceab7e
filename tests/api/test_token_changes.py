from datetime import UTC, datetime

import pytest

from tests.api.api_fixtures import TOKENS, Api, Person

FOREIGN = "00000000-0000-4000-8000-000000000000"


def at(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


async def is_active(api: Api, token: str) -> bool:
    """What introspection says now."""
    return b'"active":true' in (await api.authority.introspect(token)).body


async def test_one_token_can_be_looked_at(api: Api, ann: Person) -> None:
    """It is the record of the list, without a value, and with the scopes that were demanded of it lately."""
    made = await api.create(ann)

    reply = await api.call("GET", f"{TOKENS}/{made['id']}", by=ann)

    assert reply.status == 200
    shown = {name: value for name, value in made.items() if name != "token"}
    assert reply.document == {**shown, "used_scopes": None}


async def test_what_no_signature_carries_changes_in_place(api: Api, ann: Person) -> None:
    """Note, metadata and pausing need no new value; the value stays the same."""
    made = await api.create(ann)
    path = f"{TOKENS}/{made['id']}"

    changed = await api.call(
        "PATCH", path, by=ann, json={"note": " new ", "metadata": {"a": 1}, "suspended": True}
    )
    paused = await is_active(api, made["token"])
    resumed = await api.call("PATCH", path, by=ann, json={"suspended": False})

    assert changed.status == 200
    assert (changed.document["note"], changed.document["metadata"]) == ("new", {"a": 1})
    assert (changed.document["suspended"], changed.document["state"]) == (True, "suspended")
    assert (resumed.document["suspended"], resumed.document["state"]) == (False, "active")
    assert (paused, await is_active(api, made["token"])) == (False, True)


async def test_an_earlier_end_needs_no_new_value(api: Api, ann: Person) -> None:
    """The service ends the value then, although its `exp` is later."""
    made = await api.create(ann, expiration=30)

    reply = await api.call("PATCH", f"{TOKENS}/{made['id']}", by=ann, json={"expiration": 1})
    before = await is_active(api, made["token"])
    api.authority.clock.advance(86_400)

    assert reply.document["expiration"] == at(api.authority.clock())
    assert (before, await is_active(api, made["token"])) == (True, False)


@pytest.mark.parametrize(
    ("change", "body"),
    [
        ({"scopes": ["company"]}, {"scopes": ["company"], "expires_at": ...}),
        (
            {"audience": "https://reports.example/api"},
            {"audience": ["https://reports.example/api"], "expires_at": ...},
        ),
        ({"allowed_ips": ["10.0.0.0/8"]}, {"allowed_ips": ["10.0.0.0/8"], "expires_at": ...}),
        ({"not_before": "2030-01-01T00:00:00Z"}, {"not_before": "2030-01-01T00:00:00Z", "expires_at": ...}),
        ({"expiration": 90}, {"expiration": 90}),
        ({"expiration": None}, {"expiration": None}),
        ({"note": "x", "expires_at": "2099-01-01T00:00:00Z"}, {"expires_at": "2099-01-01T00:00:00Z"}),
    ],
)
async def test_a_signed_member_needs_a_new_value(
    api: Api, ann: Person, change: dict[str, object], body: dict[str, object]
) -> None:
    """409 answers the call that would do it; `...` stands for the token's own end. Nothing was changed."""
    made = await api.create(ann)

    reply = await api.call("PATCH", f"{TOKENS}/{made['id']}", by=ann, json=change)

    expected = {name: made["expiration"] if value is ... else value for name, value in body.items()}
    assert (reply.status, reply.code) == (409, "needs_new_value")
    assert reply.document["regenerate"] == {
        "method": "POST",
        "url": f"{api.authority.issuer}{TOKENS}/{made['id']}/regenerate",
        "body": expected,
    }
    assert (await api.call("GET", f"{TOKENS}/{made['id']}", by=ann)).document["note"] == made["note"]


async def test_the_call_that_is_answered_makes_the_change(api: Api, ann: Person) -> None:
    """What 409 says can be sent as it is."""
    made = await api.create(ann)
    refused = await api.call("PATCH", f"{TOKENS}/{made['id']}", by=ann, json={"scopes": ["company"]})
    call = refused.document["regenerate"]

    reply = await api.call(
        call["method"], call["url"].removeprefix(api.authority.issuer), by=ann, json=call["body"]
    )

    assert reply.status == 201
    assert (reply.document["scopes"], reply.document["expiration"]) == (["company"], made["expiration"])


async def test_a_revocation_is_final_and_told_at_once(api: Api, ann: Person) -> None:
    """From the moment DELETE answers, introspection refuses; a repeat answers the first time and reason."""
    made = await api.create(ann)
    path = f"{TOKENS}/{made['id']}"

    first = await api.call("DELETE", f"{path}?reason=%20lost%20on%20a%20train", by=ann)
    active = await is_active(api, made["token"])
    api.authority.clock.advance(60)
    second = await api.call("DELETE", f"{path}?reason=other", by=ann)

    assert (first.status, first.document["state"], active) == (200, "revoked", False)
    assert first.document["revoke_reason"] == "lost on a train"
    assert second.document == first.document


@pytest.mark.parametrize(
    ("query", "status"),
    [
        (f"reason={'x' * 255}", 200),
        (f"reason={'x' * 256}", 422),
        ("reason=", 422),
        ("reason=a%0Ab", 422),
        ("reason=%00", 422),
        ("reason=a&reason=b", 400),
        ("why=lost", 400),
    ],
)
async def test_a_reason_is_a_line_of_text(api: Api, ann: Person, query: str, status: int) -> None:
    """At most 255 characters, none that would break a log or a page."""
    made = await api.create(ann)

    assert (await api.call("DELETE", f"{TOKENS}/{made['id']}?{query}", by=ann)).status == status


async def test_a_new_value_ends_the_old_one(api: Api, ann: Person) -> None:
    """Regenerate keeps id, note and scopes; the old value is dead when it answers."""
    made = await api.create(ann)

    reply = await api.call("POST", f"{TOKENS}/{made['id']}/regenerate", by=ann, json={"expiration": 10})

    again = reply.document
    assert reply.status == 201
    assert list(again)[:6] == ["id", "token", "expiration", "note", "last_used", "scopes"]
    assert (again["id"], again["note"], again["scopes"]) == (made["id"], made["note"], made["scopes"])
    assert again["expiration"] == at(api.authority.clock() + 10 * 86_400)
    assert [await is_active(api, each["token"]) for each in (made, again)] == [False, True]


async def test_an_expired_token_is_extended_by_a_new_value(api: Api, ann: Person) -> None:
    """To regenerate or extend works after the end as well."""
    made = await api.create(ann, expiration=1)
    api.authority.clock.advance(3 * 86_400)

    reply = await api.call(
        "POST", f"{TOKENS}/{made['id']}/regenerate", by=await api.sign_in("ann"), json={"expiration": 10}
    )

    assert (reply.status, reply.document["state"]) == (201, "active")
    assert await is_active(api, reply.document["token"])


async def test_a_new_value_needs_an_end(api: Api, ann: Person) -> None:
    """Everything may be left out but when it ends."""
    made = await api.create(ann)

    reply = await api.call("POST", f"{TOKENS}/{made['id']}/regenerate", by=ann, json={})

    assert (reply.status, reply.faults) == (422, {("expiration", "required")})


async def test_a_token_in_the_wrong_state_is_409(api: Api, ann: Person) -> None:
    """Each state has its own code, so that a client knows what would help."""
    revoked, paused, short = [await api.create(ann, expiration=1) for _ in range(3)]
    await api.call("DELETE", f"{TOKENS}/{revoked['id']}", by=ann)
    await api.call("PATCH", f"{TOKENS}/{paused['id']}", by=ann, json={"suspended": True})
    api.authority.clock.advance(2 * 86_400)
    ann = await api.sign_in("ann")

    replies = [
        await api.call("POST", f"{TOKENS}/{revoked['id']}/regenerate", by=ann, json={"expiration": 1}),
        await api.call("PATCH", f"{TOKENS}/{revoked['id']}", by=ann, json={"note": "x"}),
        await api.call("POST", f"{TOKENS}/{paused['id']}/regenerate", by=ann, json={"expiration": 1}),
        await api.call("PATCH", f"{TOKENS}/{short['id']}", by=ann, json={"expiration": 1}),
    ]

    assert [(reply.status, reply.code) for reply in replies] == [
        (409, "token_revoked"),
        (409, "token_revoked"),
        (409, "token_suspended"),
        (409, "token_expired"),
    ]


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/regenerate")],
)
async def test_what_is_not_yours_is_not_there(api: Api, ann: Person, method: str, path: str) -> None:
    """Another's token, one that never was, and no id at all answer alike."""
    eves = await api.create(await api.person("eve"))
    ids = [
        eves["id"],
        FOREIGN,
        eves["id"].upper(),
        eves["id"].replace("-", ""),
        "x",
        "%00",
        "%FF",
        "..%2Fself",
    ]

    replies = [
        await api.call(
            method,
            f"{TOKENS}/{each}{path}",
            by=ann,
            json=None if method in {"GET", "DELETE"} else {"expiration": 1},
        )
        for each in ids
    ]

    assert {(reply.status, reply.code) for reply in replies} == {(404, "not_found")}


async def test_an_edit_that_changes_nothing_answers_the_record(api: Api, ann: Person) -> None:
    """Signed members may be sent as they are: a client can send back what it read."""
    made = await api.create(ann)
    same = {name: made[name] for name in ("note", "scopes", "audience", "allowed_ips")}

    reply = await api.call("PATCH", f"{TOKENS}/{made['id']}", by=ann, json=same)

    assert (reply.status, reply.document["note"]) == (200, made["note"])


async def test_an_edits_faults_are_told_at_once(api: Api, ann: Person) -> None:
    """As for a new token."""
    made = await api.create(ann)
    change = {"note": "", "metadata": 5, "suspended": "yes", "expiration": 0, "scopes": [1]}

    reply = await api.call("PATCH", f"{TOKENS}/{made['id']}", by=ann, json=change)

    assert reply.status == 422
    assert {where for where, _ in reply.faults} == {
        "note",
        "metadata",
        "suspended",
        "expiration",
        "scopes[0]",
    }
