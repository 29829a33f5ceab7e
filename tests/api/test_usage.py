"""POST /v1/usage, and what a token's owner is shown of its uses."""

from datetime import UTC, datetime, timedelta

import pytest

from service.domain.user import Role
from tests.api.api_fixtures import TOKENS, Api, Person, Reply
from tests.api.oauth_fixtures import REPORTS, basic

USAGE = "/v1/usage"


def minute(api: Api, ago: int = 0) -> str:
    moment = datetime.fromtimestamp(api.authority.clock(), UTC) - timedelta(seconds=ago)
    return moment.strftime("%Y-%m-%dT%H:%M:00Z")


async def report(api: Api, *uses: object, **members: object) -> Reply:
    """As our client."""
    header = basic(api.authority.client.id, api.authority.secret).partition(": ")[2]
    return await api.call("POST", USAGE, json={"uses": uses, **members}, headers={"Authorization": header})


async def jti_of(api: Api, made: dict[str, object]) -> str:
    return (await api.authority.services.recognise(made["token"])).reading.claims.jti


async def shown(api: Api, by: Person, made: dict[str, object]) -> dict[str, object]:
    await api.authority.services.usage.record()
    return (await api.call("GET", f"{TOKENS}/{made['id']}", by=by)).document


async def test_introspection_and_the_token_itself_are_uses(api: Api, ann: Person) -> None:
    """`last_used` is a time and nothing else; address and program stand beside it, as far as they were told."""
    one, other = await api.create(ann), await api.create(ann)
    await api.authority.introspect(one["token"], client_ip="192.0.2.9", client_user_agent="PowerAutomate/1")
    await api.call("GET", f"{TOKENS}/self", bearer=other["token"], headers={"User-Agent": "curl/8"})

    by_introspection, by_itself = await shown(api, ann, one), await shown(api, ann, other)

    assert datetime.fromisoformat(by_introspection["last_used"]).timestamp() == api.authority.clock()
    assert by_introspection["last_used_ip"] == "192.0.2.9"
    assert by_introspection["last_used_user_agent"] == "PowerAutomate/1"
    assert by_introspection["recent_ips"] == ["192.0.2.9"]
    assert (by_itself["last_used_ip"], by_itself["last_used_user_agent"]) == ("127.0.0.1", "curl/8")
    listed = (await api.call("GET", f"{TOKENS}?sort=-last_used", by=ann)).document
    assert [token["last_used_ip"] for token in listed] == ["127.0.0.1", "192.0.2.9"]


async def test_an_owner_sees_why_a_token_is_refused(api: Api, ann: Person) -> None:
    """The last refused use first, with reason, time, address and program; nobody else sees them."""
    made = await api.create(ann)
    await api.call("DELETE", f"{TOKENS}/{made['id']}", by=ann)
    await api.authority.introspect(made["token"], client_ip="192.0.2.9", client_user_agent="flow")
    api.authority.clock.advance(60)
    await api.call("GET", f"{TOKENS}/self", bearer=made["token"], headers={"User-Agent": "curl/8"})
    await api.authority.services.usage.record()

    refused = await api.call("GET", f"{TOKENS}/{made['id']}/refusals", by=ann)
    ben = await api.person("ben")
    others = await api.call("GET", f"{TOKENS}/{made['id']}/refusals", by=ben)

    assert [(each["reason"], each["ip"], each["user_agent"]) for each in refused.document] == [
        ("revoked", "127.0.0.1", "curl/8"),
        ("revoked", "192.0.2.9", "flow"),
    ]
    assert list(refused.document[0]) == ["at", "reason", "jti", "ip", "user_agent", "reported_by"]
    assert (others.status, others.code) == (404, "not_found")


async def test_a_report_is_taken_whatever_is_known_of_the_token(api: Api, ann: Person) -> None:
    """Threats 32: one 202; a client learns from it about no token, only about what it has said wrong itself."""
    made = await api.create(ann)
    item = {"minute": minute(api), "audience": made["audience"][0]}

    known = await report(api, {**item, "jti": await jti_of(api, made)})
    unknown = await report(api, {**item, "jti": "00000000-0000-4000-8000-000000000000"})
    wrong = await report(
        api,
        {**item, "jti": "x", "audience": REPORTS},
        {**item, "jti": "x", "minute": minute(api, -600)},
        {**item, "jti": "x", "minute": minute(api, 3 * 86_400)},
    )

    assert (known.status, known.document) == (202, {"received": 1, "ignored": []})
    assert (unknown.status, unknown.body) == (202, known.body)
    reasons = ["foreign_audience", "in_the_future", "too_old"]
    assert wrong.document["ignored"] == [{"index": n, "reason": reason} for n, reason in enumerate(reasons)]


async def test_a_report_is_shown_as_the_clients_word(api: Api, ann: Person) -> None:
    """With the client's name on it, the scopes that it demanded, and each outcome counted."""
    made = await api.create(ann, scopes=["company", "embed"])
    item = {
        "jti": await jti_of(api, made),
        "minute": minute(api),
        "audience": made["audience"][0],
        "ip": "2001:db8::1",
        "user_agent": "reports/2",
        "scopes": ["company:view"],
    }
    api.authority.clock.advance(60)
    await report(api, item, {**item, "jti": "x"}, {**item, "scopes": [], "refused": "missing_scope"})

    token = await shown(api, ann, made)
    refused = (await api.call("GET", f"{TOKENS}/{made['id']}/refusals", by=ann)).document

    assert token["last_used_ip"] == "2001:db8::1"
    assert token["last_used_reported_by"] == api.authority.client.id
    assert token["recent_ips"] == []
    assert token["used_scopes"] == ["company"]
    assert [(each["reason"], each["reported_by"]) for each in refused] == [
        ("missing_scope", api.authority.client.id)
    ]
    metrics = (await api.call("GET", "/metrics")).body.decode()
    assert 'safeconduct_usage_reports_total{outcome="taken"} 2.0' in metrics
    assert 'safeconduct_usage_reports_total{outcome="unknown"} 1.0' in metrics
    assert "safeconduct_uses_dropped_total 0.0" in metrics


@pytest.mark.parametrize(
    "item",
    [
        {"jti": 1},
        {"minute": "yesterday"},
        {"minute": "2026-11-22T08:00:00"},
        {"audience": None},
        {"refused": "just so"},
        {"scopes": ["x"] * 101},
        {"user_agent": "x" * 513},
        {"more": 1},
    ],
)
async def test_a_report_that_is_none_is_refused_whole(api: Api, item: dict[str, object]) -> None:
    """422 names the member; nothing of the batch is kept."""
    good = {"jti": "x", "minute": minute(api), "audience": "https://x.example"}

    reply = await report(api, good, {**good, **item})

    assert (reply.status, reply.code) == (422, "invalid_request")
    assert reply.document["faults"][0]["where"].startswith("uses[1]")
    assert not api.authority.services.usage.sightings.take().reports


async def test_reports_are_bounded(api: Api) -> None:
    """R60: so many in one body, so many bytes, and so many that wait; beyond that the client is to try again."""
    good = {"jti": "x", "minute": minute(api), "audience": f"{api.authority.issuer}/api"}

    assert (await report(api, *[good] * 1_001)).status == 422
    assert (await report(api, *[{**good, "user_agent": "x" * 512}] * 1_000)).status == 413
    for _ in range(16):
        assert (await report(api, *[good] * 1_000)).status == 202
    full = await report(api, *[good] * 1_000)

    assert (full.status, full.code) == (429, "too_many_requests")
    assert full.headers["Retry-After"]


async def check(api: Api, by: Person, token: str) -> Reply:
    return await api.call("POST", f"{TOKENS}/check", by=by, json={"token": token})


async def test_a_token_is_explained_to_who_may_know_it_alone(api: Api, ann: Person) -> None:
    """Threats 30: reasons for one's own tokens and for auditors; to all others every string is nobody's."""
    made = await api.create(ann)
    ben, eve = await api.person("ben"), await api.person("eve", role=Role.AUDITOR)
    await api.call("DELETE", f"{TOKENS}/{made['id']}", by=ann)

    own, audited = await check(api, ann, made["token"]), await check(api, eve, made["token"])
    others, garbage = await check(api, ben, made["token"]), await check(api, ben, "x")

    assert own.document == {
        "known": True,
        "holds": False,
        "reason": "revoked",
        "token": (await api.call("GET", f"{TOKENS}?state=revoked", by=ann)).document[0],
    }
    assert audited.body == own.body
    assert (others.status, others.document) == (200, {"known": False})
    assert others.body == garbage.body
    await api.authority.services.usage.record()
    assert (await api.call("GET", f"{TOKENS}/{made['id']}/refusals", by=ann)).document == []


async def test_checks_wear_out(api: Api, ann: Person) -> None:
    """Threats 30: ten a minute from one address."""
    answers = [(await check(api, ann, "x")).status for _ in range(11)]
    api.authority.clock.advance(60)

    assert answers == [200] * 10 + [429]
    assert (await check(api, ann, "x")).status == 200
