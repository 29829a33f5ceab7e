import asyncio

import pytest
import structlog
from prometheus_client.parser import text_string_to_metric_families

from service.application.readiness import Health
from tests.api.api_fixtures import NEW_TOKEN, TOKENS, Api, Person, Reply, beside


def samples(reply: Reply) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Every sample by name and labels."""
    families = text_string_to_metric_families(reply.body.decode())
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def counted(reply: Reply, name: str, **labels: str) -> float:
    return samples(reply).get((name, frozenset(labels.items())), 0)


async def test_a_live_process_says_so(api: Api) -> None:
    """Whatever the database does."""
    await api.authority.opened.storage.close()

    reply = await asyncio.wait_for(api.call("GET", "/livez"), 1)

    assert (reply.status, reply.document) == (200, {"status": "alive"})


async def test_a_ready_process_has_all_it_needs(api: Api) -> None:
    """Database, keys and clock, each told."""
    reply = await api.call("GET", "/readyz")

    assert (reply.status, reply.document) == (
        200,
        {
            "status": "ready",
            "checks": dict.fromkeys(["database", "signing", "clock", "history", "process"], "ok"),
        },
    )


class Unwell:
    """A readiness that knows more than it should tell."""

    stopping = False

    async def __call__(self) -> Health:
        return Health(ready=False, checks={"database": "canary: db1 refused", "signing": "ok"})


async def test_what_is_wrong_is_named_but_not_described(api: Api) -> None:
    """A load balancer needs the check's name; hosts, keys and errors are for the log (R76)."""
    with structlog.testing.capture_logs() as logged:
        async with beside(api, readiness=Unwell()) as other:
            reply = await other.call("GET", "/readyz")

    assert [event["database"] for event in logged if event["event"] == "not_ready"] == ["canary: db1 refused"]

    assert (reply.status, reply.document) == (
        503,
        {"status": "not ready", "checks": {"database": "failed", "signing": "ok"}},
    )


async def test_without_the_database_nothing_is_ready(api: Api) -> None:
    """503 with the check that fails, within the bound of every answer."""
    await api.authority.opened.storage.close()

    reply = await asyncio.wait_for(api.call("GET", "/readyz"), 3)

    assert (reply.status, reply.document["checks"]["database"]) == (503, "failed")


async def test_metrics_count_by_route_and_not_by_what_callers_wrote(api: Api, ann: Person) -> None:
    """Labels are route templates: no id, no unknown path, no method of a stranger's invention."""
    made = await api.create(ann)
    await api.call("GET", f"{TOKENS}/{made['id']}", by=ann)
    await api.call("GET", f"{TOKENS}/{made['id']}", by=ann)
    await api.call("GET", "/canary/path")
    await api.call("PUT", TOKENS)
    await api.authority.introspect(made["token"])
    await api.authority.introspect("x")

    reply = await api.call("GET", "/metrics")

    template = f"{TOKENS}/{{id}}"
    assert reply.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert counted(reply, "safeconduct_requests_total", route=template, method="GET", status="200") == 2
    assert counted(reply, "safeconduct_requests_total", route="-", method="-", status="404") == 1
    assert counted(reply, "safeconduct_requests_total", route="-", method="-", status="405") == 1
    assert counted(reply, "safeconduct_request_seconds_count", route=template, method="GET") == 2
    assert counted(reply, "safeconduct_introspections_total", active="true") == 1
    assert counted(reply, "safeconduct_introspections_total", active="false") == 1
    assert counted(reply, "safeconduct_forgeries") == 0
    assert b"canary" not in reply.body.lower()


async def test_metrics_tell_the_age_of_the_signing_keys(api: Api) -> None:
    """An operator is warned of a key that is not rotated."""
    api.authority.clock.advance(1_000)

    reply = await api.call("GET", "/metrics")

    ages = [
        counted(reply, "safeconduct_key_age_seconds", purpose=name)
        for name in ("access_token", "status_list")
    ]
    assert all(1_000 <= age < 1_060 for age in ages)


TOKEN = "a-token-for-those-who-watch"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Authorization": f"Bearer {TOKEN}"}, 200),
        ({"Authorization": f"bearer {TOKEN}"}, 200),
        ({"Authorization": f"Bearer {TOKEN}x"}, 401),
        ({"Authorization": "Bearer \xff"}, 401),
        ({"Authorization": f"Basic {TOKEN}"}, 401),
        ({"X-Forwarded-For": "192.0.2.1"}, 401),
        ({"Forwarded": "for=192.0.2.1"}, 401),
        ({"X-Forwarded-For": "192.0.2.1", "Authorization": f"Bearer {TOKEN}"}, 200),
    ],
)
async def test_metrics_are_for_this_machine_or_the_token(
    api: Api, headers: dict[str, str], status: int
) -> None:
    """Through a proxy on this machine everybody would be local, so a forwarded request needs the token (ruling 3)."""
    async with beside(api, settings={"metrics_token": TOKEN}) as other:
        reply = await other.call("GET", "/metrics", headers=headers)

    assert reply.status == status


async def test_without_a_token_no_token_is_right(api: Api) -> None:
    """An empty setting is no password."""
    replies = [
        await api.call("GET", "/metrics", headers={"X-Forwarded-For": "192.0.2.1", "Authorization": each})
        for each in ("Bearer ", "Bearer x", "")
    ]

    assert {reply.status for reply in replies} == {401}


async def test_a_clock_that_went_back_is_503_and_unready(api: Api, ann: Person) -> None:
    """R71: nothing is signed by it, and the answer says when to come again."""
    await api.create(ann)
    api.authority.clock.advance(-31)

    refused = await api.call("POST", TOKENS, by=ann, json=NEW_TOKEN)
    unready = await api.call("GET", "/readyz")
    api.authority.clock.advance(1)
    passed = await api.call("POST", TOKENS, by=ann, json=NEW_TOKEN)

    assert (refused.status, refused.code) == (503, "clock_behind")
    assert int(refused.headers["Retry-After"]) >= 30
    assert (unready.status, unready.document["checks"]["clock"]) == (503, "failed")
    assert passed.status == 201
