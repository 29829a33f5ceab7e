import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from safeconduct import VerificationPolicy, check

from service.domain.user import Grant, GrantKind
from tests.api.api_fixtures import NEW_TOKEN, TOKENS, Api, Person

LOCOIA = ["id", "token", "expiration", "note", "last_used", "scopes"]
OURS = [
    "state",
    "audience",
    "created_at",
    "not_before",
    "allowed_ips",
    "metadata",
    "suspended",
    "revoked_at",
    "revoke_reason",
    "last_used_ip",
    "last_used_user_agent",
    "last_used_reported_by",
    "recent_ips",
    "parent_id",
    "reference_hint",
]
UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"


def at(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


async def test_a_token_is_answered_in_locoias_shape_first(api: Api, ann: Person) -> None:
    """A client of Locoia's API reads its six members, in its order and types, and may ignore ours."""
    reply = await api.call("POST", TOKENS, by=ann, json=NEW_TOKEN)

    assert reply.status == 201
    assert list(reply.document) == LOCOIA + OURS
    assert re.fullmatch(UUID, reply.document["id"])
    assert reply.document == {
        "id": reply.document["id"],
        "token": reply.document["token"],
        "expiration": at(api.authority.clock() + 30 * 86_400),
        "note": "weekly report",
        "last_used": None,
        "scopes": ["automation:view"],
        "state": "active",
        "audience": [f"{api.authority.issuer}/api"],
        "created_at": at(api.authority.clock()),
        "not_before": None,
        "allowed_ips": [],
        "metadata": None,
        "suspended": False,
        "revoked_at": None,
        "revoke_reason": None,
        "last_used_ip": None,
        "last_used_user_agent": None,
        "last_used_reported_by": None,
        "recent_ips": [],
        "parent_id": None,
        "reference_hint": None,
    }
    assert reply.headers["Location"] == f"{api.authority.issuer}{TOKENS}/{reply.document['id']}"
    assert reply.headers["Cache-Control"] == "no-store"


async def test_the_value_holds_for_a_verifier(api: Api, ann: Person) -> None:
    """What is shown once is a JWT of ours that verifies with the published keys."""
    made = await api.create(ann)

    policy = VerificationPolicy(issuer=api.authority.issuer, audiences=frozenset(made["audience"]))
    claims = check(made["token"], api.authority.services.current.key_set, policy, api.authority.clock())
    assert claims.scope == ("automation:view",)


async def test_every_member_that_can_be_given_comes_back(api: Api, ann: Person) -> None:
    """Nothing that was asked for gets lost or changed on its way."""
    now = api.authority.clock()
    asked = {
        "expires_at": at(now + 7_200),
        "not_before": at(now + 3_600),
        "scopes": ["company", "automation:view", "company"],
        "note": "  for the night run ",
        "audience": ["https://reports.example/api", f"{api.authority.issuer}/api"],
        "allowed_ips": ["10.0.0.0/8", "2001:db8::/32"],
        "metadata": {"team": "A", "deep": [{"x": None}]},
        "reference": False,
    }

    made = (await api.call("POST", TOKENS, by=ann, json=asked)).document

    assert made["expiration"] == asked["expires_at"]
    assert made["scopes"] == ["company", "automation:view"]
    assert made["note"] == "for the night run"
    assert {name: made[name] for name in ("not_before", "audience", "allowed_ips", "metadata")} == {
        name: asked[name] for name in ("not_before", "audience", "allowed_ips", "metadata")
    }


async def test_an_offset_and_a_fraction_become_whole_utc_seconds(api: Api, ann: Person) -> None:
    """A time with an offset is the moment it means, floored."""
    made = await api.call(
        "POST", TOKENS, by=ann, json={**_without("expiration"), "expires_at": _local(api, 3_600)}
    )

    assert made.document["expiration"] == at(api.authority.clock() + 3_600)


async def test_one_audience_may_be_a_string(api: Api, ann: Person) -> None:
    """The `aud` claim takes both forms, so does the request; the answer always lists."""
    made = await api.create(ann, audience="https://reports.example/api")

    assert made["audience"] == ["https://reports.example/api"]


async def test_a_grant_that_never_ends_has_no_expiration(api: Api, ann: Person) -> None:
    """`null` means no end, and is answered as null."""
    assert (await api.create(ann, expiration=None))["expiration"] is None


async def test_an_alias_is_answered_as_the_scope_it_means(api: Api, ann: Person) -> None:
    """`webhook_run` is signed and shown as automation:webhook_run."""
    assert (await api.create(ann, scopes=["webhook_run"]))["scopes"] == ["automation:webhook_run"]


UNACCEPTABLE: list[tuple[dict[str, Any], set[tuple[str, str]]]] = [
    ({"expiration": 0}, {("expiration", "invalid_value")}),
    ({"expiration": -1}, {("expiration", "invalid_value")}),
    ({"expiration": 30.0}, {("expiration", "invalid_type")}),
    ({"expiration": True}, {("expiration", "invalid_type")}),
    ({"expiration": "30"}, {("expiration", "invalid_type")}),
    ({"expiration": 366}, {("expiration", "too_far")}),
    ({"expiration": 10**30}, {("expiration", "too_far")}),
    ({"expires_at": "2026-12-31T00:00:00Z"}, {("expires_at", "one_of_two")}),
    ({"expiration": ..., "expires_at": "2026-12-31T00:00:00"}, {("expires_at", "invalid_value")}),
    ({"expiration": ..., "expires_at": "tomorrow"}, {("expires_at", "invalid_value")}),
    ({"expiration": ..., "expires_at": 1800000000}, {("expires_at", "invalid_type")}),
    ({"expiration": ..., "expires_at": None}, {("expires_at", "invalid_type")}),
    ({"expiration": ..., "expires_at": "2001-01-01T00:00:00Z"}, {("expires_at", "in_the_past")}),
    ({"expiration": ..., "expires_at": "9999-12-31T23:59:59-14:00"}, {("expires_at", "too_far")}),
    ({"expiration": ...}, {("expiration", "required")}),
    ({"scopes": ...}, {("scopes", "required")}),
    ({"scopes": []}, {("scopes", "too_short")}),
    ({"scopes": "automation"}, {("scopes", "invalid_type")}),
    ({"scopes": ["automation", 5]}, {("scopes[1]", "invalid_type")}),
    ({"scopes": ["nope", "automation", "Embed"]}, {("scopes[0]", "unknown_scope"), ("scopes[2]", "unknown_scope")}),
    ({"note": ...}, {("note", "required")}),
    ({"note": ""}, {("note", "too_short")}),
    ({"note": " \t "}, {("note", "too_short")}),
    ({"note": "x" * 256}, {("note", "too_long")}),
    ({"note": "a\nb"}, {("note", "invalid_characters")}),
    ({"note": "a\x00b"}, {("note", "invalid_characters")}),
    ({"note": 5}, {("note", "invalid_type")}),
    ({"audience": []}, {("audience", "invalid_value")}),
    ({"audience": "https://nowhere.example"}, {("audience[0]", "unknown_audience")}),
    ({"not_before": "2001-01-01"}, {("not_before", "invalid_value")}),
    ({"allowed_ips": ["10.0.0.1/8"]}, {("allowed_ips[0]", "invalid_network")}),
    ({"allowed_ips": None}, {("allowed_ips", "invalid_type")}),
    ({"metadata": []}, {("metadata", "invalid_type")}),
    ({"metadata": {"x": "y" * 4_090}}, {("metadata", "too_long")}),
    ({"metadata": {"x": [[[[[[[[1]]]]]]]]}}, {("metadata", "too_deep")}),
    ({"metadata": {"x": 2**63}}, {("metadata", "invalid_value")}),
    ({"reference": "yes"}, {("reference", "invalid_type")}),
    ({"resources": ["x"]}, {("resources", "reserved")}),
]  # fmt: skip


@pytest.mark.parametrize(("members", "faults"), UNACCEPTABLE)
async def test_a_value_that_cannot_be_taken_is_named(
    api: Api, ann: Person, members: dict[str, Any], faults: set[tuple[str, str]]
) -> None:
    """422 names the member and a stable reason (ruling 4); `...` stands for a member left out."""
    asked = {name: value for name, value in {**NEW_TOKEN, **members}.items() if value is not ...}

    reply = await api.call("POST", TOKENS, by=ann, json=asked)

    assert (reply.status, reply.code, reply.faults) == (422, "invalid_request", faults)


async def test_all_faults_are_told_at_once(api: Api, ann: Person) -> None:
    """Types, ranges and meanings are judged member by member, so that one answer holds them all."""
    asked = {
        "expiration": 0,
        "scopes": ["nope", 7],
        "note": "",
        "audience": ["https://nowhere.example"],
        "allowed_ips": ["x"],
        "metadata": 1,
        "resources": None,
    }

    reply = await api.call("POST", TOKENS, by=ann, json=asked)

    assert reply.status == 422
    assert {where for where, _ in reply.faults} == {
        "expiration",
        "scopes[1]",
        "note",
        "audience[0]",
        "allowed_ips[0]",
        "metadata",
        "resources",
    }


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nonsense",
        b"[]",
        b'"x"',
        b"null",
        b"{}{}",
        b'{"note": "a", "note": "b"}',
        b'{"expiration": NaN}',
        b'{"note": "\\ud800"}',
        b'{"note": "\xff"}',
        b"\xef\xbb\xbf{}",
        '{"note": "ä"}'.encode("utf-16"),
        b'{"expiration": ' + b"9" * 5_000 + b"}",
        b'{"metadata": ' + b"[" * 17 + b"]" * 17 + b"}",
        b'{"metadata": ' + b"[" * 30_000 + b"}",
    ],
)
async def test_what_is_no_json_object_is_400(api: Api, ann: Person, body: bytes) -> None:
    """Hostile JSON is refused before anything looks at it, and never breaks the service."""
    reply = await api.call("POST", TOKENS, by=ann, body=body, headers={"Content-Type": "application/json"})

    assert (reply.status, reply.code) == (400, "malformed_request")


@pytest.mark.parametrize("number", ["1e400", "-1e400", "1e-400", "123456789012345678901234567890"])
async def test_numbers_that_readers_see_differently_are_not_kept(api: Api, ann: Person, number: str) -> None:
    """Metadata that JSON readers would round or refuse is refused here, not answered as something else."""
    body = json.dumps({**NEW_TOKEN, "metadata": {"n": 0}}).replace('"n": 0', f'"n": {number}')

    reply = await api.call("POST", TOKENS, by=ann, body=body.encode(), headers=JSON)

    assert reply.status in {201, 422}
    assert reply.status == 422 or reply.document["metadata"] == {"n": 0.0}


async def test_every_unknown_member_is_named(api: Api, ann: Person) -> None:
    """A typing error is not silently ignored."""
    reply = await api.call("POST", TOKENS, by=ann, json={**NEW_TOKEN, "scope": "x", "Note": "y"})

    assert (reply.status, reply.code) == (400, "unknown_member")
    assert reply.faults == {("scope", "unknown_member"), ("Note", "unknown_member")}


JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/json; charset=utf-16",
        "application/jsonx",
    ],
)
async def test_another_media_type_is_415(api: Api, ann: Person, content_type: str) -> None:
    """JSON in UTF-8 and nothing else, so that no plain form can be taken for a request."""
    reply = await api.call(
        "POST", TOKENS, by=ann, body=json.dumps(NEW_TOKEN).encode(), headers={"Content-Type": content_type}
    )

    assert (reply.status, reply.code) == (415, "unsupported_media_type")


async def test_a_charset_of_utf_8_may_be_said(api: Api, ann: Person) -> None:
    """Many clients add it."""
    reply = await api.call(
        "POST",
        TOKENS,
        by=ann,
        body=json.dumps(NEW_TOKEN).encode(),
        headers={"Content-Type": 'application/json; charset="UTF-8"'},
    )

    assert reply.status == 201


async def test_scopes_beyond_the_grant_are_403(api: Api) -> None:
    """A scope never gives more than its owner may hand out, and the answer says which is too much."""
    bob = await api.person("bob", grant=Grant(GrantKind.LISTED, ("automation:view",)))

    reply = await api.call("POST", TOKENS, by=bob, json={**NEW_TOKEN, "scopes": ["automation", "company"]})

    assert (reply.status, reply.code) == (403, "scope_exceeds_grant")
    assert "automation company" in reply.document["detail"]


def _without(name: str) -> dict[str, Any]:
    return {key: value for key, value in NEW_TOKEN.items() if key != name}


def _local(api: Api, ahead: int) -> str:
    """The moment `ahead` from now, as somebody two hours east writes it."""
    moment = datetime.fromtimestamp(api.authority.clock() + ahead + 7_200, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.999+02:00")
