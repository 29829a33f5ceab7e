"""Retries as clients see them: `Idempotency-Key`, overlaps, and tokens that renew themselves."""

import asyncio
import json

import pytest

from service.domain.catalogue import CatalogueDocument
from tests.api.api_fixtures import NEW_TOKEN, TOKENS, Api, Person
from tests.api.oauth_fixtures import SECOND_AUDIENCE, SHIPPED_CATALOGUE

KEY = {"Idempotency-Key": "0123456789abcdef"}
SELF = f"{TOKENS}/self/regenerate"


async def test_a_repeated_create_is_answered_without_a_value(api: Api, ann: Person) -> None:
    """201 once; then 200 with the record, `token` null and `value_gone`, whatever the order of the members."""
    first = await api.call("POST", TOKENS, by=ann, json=NEW_TOKEN, headers=KEY)
    turned = json.dumps(dict(reversed(NEW_TOKEN.items())), indent=2).encode()
    again = await api.call(
        "POST", TOKENS, by=ann, body=turned, headers={**KEY, "Content-Type": "application/json"}
    )

    assert (first.status, again.status) == (201, 200)
    assert again.document == {**first.document, "token": None, "value_gone": True}
    assert again.headers["Location"] == first.headers["Location"]
    assert again.headers["Cache-Control"] == "no-store"
    assert len((await api.call("GET", TOKENS, by=ann)).document) == 1


async def test_a_key_for_another_request_is_422(api: Api, ann: Person) -> None:
    """Another body, or another call: the client has mixed something up, and nothing is made."""
    made = (await api.call("POST", TOKENS, by=ann, json=NEW_TOKEN, headers=KEY)).document

    replies = [
        await api.call("POST", TOKENS, by=ann, json={**NEW_TOKEN, "note": "other"}, headers=KEY),
        await api.call("POST", f"{TOKENS}/{made['id']}/regenerate", by=ann, json=NEW_TOKEN, headers=KEY),
    ]

    assert {(reply.status, reply.code) for reply in replies} == {(422, "idempotency_key_reused")}
    assert await _works(api, made["token"])


async def test_a_key_of_somebody_else_is_another_key(api: Api, ann: Person) -> None:
    """Nobody learns of, or gets in the way of, another's request; another session of one's own may retry."""
    await api.call("POST", TOKENS, by=ann, json=NEW_TOKEN, headers=KEY)

    theirs = await api.call("POST", TOKENS, by=await api.person("eve"), json=NEW_TOKEN, headers=KEY)
    own = await api.call("POST", TOKENS, by=await api.sign_in("ann"), json=NEW_TOKEN, headers=KEY)

    assert (theirs.status, own.status) == (201, 200)


@pytest.mark.parametrize("key", ["", "1", "x" * 15, "x" * 129, "with a space in it", "é" * 20, '\t"tab"' * 4])
async def test_what_is_no_key_is_told_with_all_other_faults(api: Api, ann: Person, key: str) -> None:
    """16 to 128 visible ASCII characters; a guessable one protects nobody."""
    body = {**NEW_TOKEN, "note": ""}

    reply = await api.call("POST", TOKENS, by=ann, json=body, headers={"Idempotency-Key": key})

    assert reply.status == 422
    assert {where for where, _ in reply.faults} == {"Idempotency-Key", "note"}


async def test_the_longest_and_the_shortest_key_are_keys(api: Api, ann: Person) -> None:
    """The limits themselves are allowed."""
    replies = [
        await api.call("POST", TOKENS, by=ann, json=NEW_TOKEN, headers={"Idempotency-Key": key})
        for key in ("~" * 16, "!" * 128)
    ]

    assert [reply.status for reply in replies] == [201, 201]


async def test_parallel_duplicates_make_one_token(api: Api, ann: Person) -> None:
    """R14: the others are told the record, or 409 `in_progress` and when to ask again."""
    replies = await asyncio.gather(
        *(api.call("POST", TOKENS, by=ann, json=NEW_TOKEN, headers=KEY) for _ in range(20))
    )

    waiting = [reply for reply in replies if reply.status == 409]
    assert sorted({reply.status for reply in replies} - {200, 409}) == [201]
    assert {reply.code for reply in waiting} <= {"in_progress"}
    assert all(int(reply.headers["Retry-After"]) >= 1 for reply in waiting)
    assert len((await api.call("GET", TOKENS, by=ann)).document) == 1


async def test_a_regenerate_can_be_repeated_and_overlap(api: Api, ann: Person) -> None:
    """The old value goes on as long as asked; the repeat makes no third one."""
    made = await api.create(ann)
    call = {"by": ann, "json": {"expiration": 5, "overlap": 3600}, "headers": KEY}

    first = await api.call("POST", f"{TOKENS}/{made['id']}/regenerate", **call)
    again = await api.call("POST", f"{TOKENS}/{made['id']}/regenerate", **call)

    assert (first.status, again.status, again.document["token"]) == (201, 200, None)
    assert "old_value_ends_at" in first.document
    assert [await _works(api, each["token"]) for each in (made, first.document)] == [True, True]
    api.authority.clock.advance(3_600)
    assert [await _works(api, each["token"]) for each in (made, first.document)] == [False, True]


@pytest.mark.parametrize(
    ("members", "where"),
    [
        ({"overlap": -1}, "overlap"),
        ({"overlap": 604_801}, "overlap"),
        ({"overlap": 1.5}, "overlap"),
        ({"overlap": True}, "overlap"),
        ({"overlap": 60, "overlap_until_used": 1}, "overlap_until_used"),
        ({"overlap_until_used": True}, "overlap_until_used"),
    ],
)
async def test_what_is_no_overlap_is_422(
    api: Api, ann: Person, members: dict[str, object], where: str
) -> None:
    """At most seven days; "until used" says for how long at most."""
    made = await api.create(ann)

    reply = await api.call(
        "POST", f"{TOKENS}/{made['id']}/regenerate", by=ann, json={"expiration": 5, **members}
    )

    assert (reply.status, {each for each, _ in reply.faults}) == (422, {where})
    assert await _works(api, made["token"])


async def test_a_token_renews_itself(api: Api, ann: Person) -> None:
    """With the scope for it: no body is needed, the old value goes on for 300 seconds, the end stays."""
    await _offer_self_rotate(api)
    made = await api.create(ann, scopes=["self_rotate", "embed"])

    reply = await api.call("POST", SELF, bearer=made["token"])
    narrow = await api.call(
        "POST", SELF, bearer=reply.document["token"], json={"expiration": 1, "overlap": 0}
    )

    assert (reply.status, reply.document["id"]) == (201, made["id"])
    assert reply.document["expiration"] == made["expiration"]
    assert narrow.document["expiration"] < made["expiration"]
    assert [await _works(api, each["token"]) for each in (made, reply.document, narrow.document)] == [
        False,
        False,
        True,
    ]


async def test_a_token_without_the_scope_does_not_renew_itself(api: Api, ann: Person) -> None:
    """403 `insufficient_scope`; and a paused one is not honoured at all."""
    await _offer_self_rotate(api)
    made, paused = await api.create(ann), await api.create(ann, scopes=["self_rotate"])
    await api.call("PATCH", f"{TOKENS}/{paused['id']}", by=ann, json={"suspended": True})

    refused = await api.call("POST", SELF, bearer=made["token"])
    unheard = await api.call("POST", SELF, bearer=paused["token"])

    assert (refused.status, refused.code) == (403, "insufficient_scope")
    assert (unheard.status, unheard.code) == (401, "token_paused")


@pytest.mark.parametrize("members", [{"overlap": 301}, {"overlap": -1}, {"expiration": 0}, {"overlap": "1"}])
async def test_a_token_asks_itself_nothing_beyond_its_bounds(
    api: Api, ann: Person, members: dict[str, object]
) -> None:
    """422 for values; scopes, audience and networks are no members at all."""
    await _offer_self_rotate(api)
    made = await api.create(ann, scopes=["self_rotate"])

    reply = await api.call("POST", SELF, bearer=made["token"], json=members)
    wider = await api.call("POST", SELF, bearer=made["token"], json={"scopes": ["embed"]})

    assert (reply.status, wider.status) == (422, 400)


async def _works(api: Api, token: str) -> bool:
    return (await api.call("GET", f"{TOKENS}/self", bearer=token)).status == 200


async def _offer_self_rotate(api: Api) -> None:
    text = (SHIPPED_CATALOGUE.read_text() + SECOND_AUDIENCE).replace("#|", "")
    wanted = CatalogueDocument.from_toml(text, issuer=api.authority.services.settings.issuer)
    await api.authority.services.apply_catalogue(wanted, actor="test")
