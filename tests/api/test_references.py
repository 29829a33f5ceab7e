"""Short references over HTTP: asked for, shown once, used, changed in place, ended."""

import pytest

from tests.api.api_fixtures import TOKENS, Api, Person
from tests.api.oauth_fixtures import basic


async def test_it_is_asked_for_and_shown_once(api: Api, ann: Person) -> None:
    """Design 4a, R14: in the answer that makes it; afterwards its hint tells it from others."""
    made = await api.create(ann, reference=True)
    again = await api.call("GET", f"{TOKENS}/{made['id']}", by=ann)
    listed = await api.call("GET", TOKENS, by=ann)

    assert len(made["reference"]) == 37
    assert made["reference_hint"] == f"sct_…{made['reference'][-4:]}"
    for reply in (again, listed):
        assert made["reference"].encode() not in reply.body
    assert again.document["reference_hint"] == made["reference_hint"]
    assert "reference" not in await api.create(ann)


@pytest.mark.parametrize("value", [1, "true", None, []])
async def test_it_is_asked_for_by_true_alone(api: Api, ann: Person, value: object) -> None:
    """Ruling 4: another type is a fault of that member."""
    body = {"expiration": 1, "scopes": ["embed"], "note": "n", "reference": value}

    reply = await api.call("POST", TOKENS, by=ann, json=body)

    assert (reply.status, reply.faults) == (422, {("reference", "invalid_type")})


async def test_a_retry_shows_it_no_second_time(api: Api, ann: Person) -> None:
    """Threats 16: the same key answers the record, neither value nor reference."""
    body = {"expiration": 1, "scopes": ["embed"], "note": "n", "reference": True}
    key = {"Idempotency-Key": "a-key-of-sixteen-characters"}

    first = await api.call("POST", TOKENS, by=ann, json=body, headers=key)
    second = await api.call("POST", TOKENS, by=ann, json=body, headers=key)

    assert (first.status, second.status) == (201, 200)
    assert second.document["value_gone"]
    assert first.document["reference"].encode() not in second.body
    assert second.document["reference_hint"] == first.document["reference_hint"]


async def test_introspection_answers_as_for_a_token(api: Api, ann: Person) -> None:
    """RFC 7662: the same members; inactive is inactive, byte for byte (R20)."""
    made = await api.create(ann, reference=True)

    active = await api.authority.introspect(made["reference"])
    beside = await api.authority.introspect(made["token"])
    await api.call("DELETE", f"{TOKENS}/{made['id']}", by=ann)
    ended = await api.authority.introspect(made["reference"])
    unknown = await api.authority.introspect("sct_" + "0" * 33)

    assert active.body == beside.body
    assert ended.body == unknown.body == b'{"active":false}'


async def test_patch_changes_what_is_signed_in_place(api: Api, ann: Person) -> None:
    """Design 4a: Edit and Extend answer 200 where a token without a reference is told to make a new value."""
    made, plain = await api.create(ann, reference=True), await api.create(ann)
    change = {"scopes": ["embed"], "expiration": 90}

    changed = await api.call("PATCH", f"{TOKENS}/{made['id']}", by=ann, json=change)
    refused = await api.call("PATCH", f"{TOKENS}/{plain['id']}", by=ann, json=change)

    assert (changed.status, changed.document["scopes"]) == (200, ["embed"])
    assert changed.document["expiration"] > made["expiration"]
    assert (refused.status, refused.code) == (409, "needs_new_value")
    assert b'"scope":"embed"' in (await api.authority.introspect(made["reference"])).body
    assert (await api.authority.introspect(made["token"])).body == b'{"active":false}'


async def test_it_looks_at_itself_and_ends_itself(api: Api, ann: Person) -> None:
    """`self` takes it, as it takes the token; nothing that makes or renews does (R16, threats 25)."""
    made = await api.create(ann, reference=True)
    reference = made["reference"]

    seen = await api.call("GET", f"{TOKENS}/self", bearer=reference)
    refused = [
        await api.call("GET", TOKENS, bearer=reference),
        await api.call("POST", TOKENS, bearer=reference, json={}),
        await api.call("POST", f"{TOKENS}/self/regenerate", bearer=reference, json={}),
        await api.call("GET", "/v1/me", bearer=reference),
    ]
    ended = await api.call("DELETE", f"{TOKENS}/self", bearer=reference)
    after = await api.call("GET", f"{TOKENS}/self", bearer=reference)

    assert (seen.status, seen.document["id"]) == (200, made["id"])
    assert [reply.status for reply in refused] == [403] * 4
    assert (ended.status, after.status, after.code) == (200, 401, "token_revoked")


async def test_it_is_ended_by_who_finds_it(api: Api, ann: Person) -> None:
    """`/v1/credentials/revoke` and `/oauth2/revoke` take it like a token (threats 26)."""
    found, presented = [await api.create(ann, reference=True) for _ in range(2)]

    lost = {"credentials": [found["reference"]]}
    accepted = await api.call("POST", "/v1/credentials/revoke", json=lost)
    await api.authority.post("/oauth2/revoke", {"token": presented["reference"]})

    assert accepted.status == 202
    listed = await api.call("GET", f"{TOKENS}?state=revoked", by=ann)
    assert {token["id"] for token in listed.document} == {found["id"], presented["id"]}


async def test_a_gateway_passes_it_on(api: Api, ann: Person) -> None:
    """Design 4a: forward-auth takes it and names the record."""
    made = await api.create(ann, reference=True)
    client = api.authority.client
    credentials = basic(client.id, api.authority.secret).replace("Authorization", "X-Gateway-Authorization")

    shown = f"Authorization: Bearer {made['reference']}"
    answer = await api.authority.send("GET", "/v1/forward-auth?scope=automation:view", shown, credentials)

    assert answer.status == 200, answer.body
    assert answer.header("X-Auth-Token-Id") == made["id"]
