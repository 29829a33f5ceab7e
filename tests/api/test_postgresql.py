"""The same service over PostgreSQL: a walk through what touches the database in each way."""

import asyncio
from dataclasses import replace

import pytest

from service.domain.session import Carrier
from service.domain.user import Role
from tests.api.api_fixtures import NEW_TOKEN, PASSWORD, TOKENS, Api
from tests.servers.postgresql import PostgresServer


async def is_active(api: Api, token: str) -> bool:
    return b'"active":true' in (await api.authority.introspect(token)).body


async def test_a_token_lives_and_dies(postgres_api: Api) -> None:
    """Create, look, edit, pause, regenerate, revoke: each answer holds at introspection at once."""
    api = postgres_api
    ann = await api.person("ann")
    made = await api.create(ann, metadata={"ä": ["\x00", 1.5]}, allowed_ips=[])
    path = f"{TOKENS}/{made['id']}"

    seen = [await is_active(api, made["token"])]
    paused = await api.call("PATCH", path, by=ann, json={"suspended": True, "note": "paused"})
    seen.append(await is_active(api, made["token"]))
    await api.call("PATCH", path, by=ann, json={"suspended": False})
    again = await api.call("POST", f"{path}/regenerate", by=ann, json={"expiration": 5})
    seen += [await is_active(api, made["token"]), await is_active(api, again.document["token"])]
    revoked = await api.call("DELETE", f"{path}?reason=done", by=ann)
    seen.append(await is_active(api, again.document["token"]))

    assert seen == [True, False, False, True, False]
    assert (paused.document["state"], paused.document["metadata"]) == ("suspended", {"ä": ["\x00", 1.5]})
    assert (revoked.status, revoked.document["revoke_reason"]) == (200, "done")


async def test_pages_search_and_states(postgres_api: Api) -> None:
    """Lists are the same on both engines."""
    api = postgres_api
    ann = await api.person("ann")
    for number in range(5):
        await api.create(ann, note=f"Number {number} 100%_", expiration=number + 1)

    first = await api.call("GET", f"{TOKENS}?limit=2&search=NUMBER&sort=-expires", by=ann)
    cursor = first.headers["Link"].partition("cursor=")[2].partition(">")[0]
    second = await api.call("GET", f"{TOKENS}?limit=2&search=NUMBER&sort=-expires&cursor={cursor}", by=ann)
    wild = await api.call("GET", f"{TOKENS}?search=%25_", by=ann)

    assert [token["note"][7] for token in first.document + second.document] == ["4", "3", "2", "1"]
    assert len(wild.document) == 5


@pytest.mark.parametrize("evil", ["%00", "%ED%A0%80", "%F0%9F%92%A9'--", "%5C%27"])
async def test_no_text_breaks_the_database(postgres_api: Api, evil: str) -> None:
    """PostgreSQL refuses NUL and half characters; we refuse them before it has to."""
    api = postgres_api
    root = await api.person("root", role=Role.ADMINISTRATOR)

    replies = [
        await api.call("GET", f"{TOKENS}?search={evil}", by=root),
        await api.call("GET", f"{TOKENS}?scope={evil}", by=root),
        await api.call("GET", f"{TOKENS}/{evil}", by=root),
        await api.call("DELETE", f"{TOKENS}/{evil}?reason={evil}", by=root),
        await api.call("GET", f"/v1/admin/users?name={evil}", by=root),
        await api.call("DELETE", f"/v1/admin/clients/{evil}", by=root),
        await api.call("GET", f"/status-lists/{evil}"),
    ]

    assert {reply.status for reply in replies} <= {200, 404, 422}


async def test_sessions_and_confirmations(postgres_api: Api) -> None:
    """Two changes at once share no confirmation here either; a cookie and a bearer are told apart."""
    api = postgres_api
    ann = await api.person("ann")
    catalogue = api.authority.services.current.catalogue
    strict = replace(catalogue, policy=replace(catalogue.policy, confirm="every"))
    await api.authority.services.apply_catalogue(strict, actor="test")

    replies = await asyncio.gather(*(api.call("POST", TOKENS, by=ann, json=NEW_TOKEN) for _ in range(5)))
    page = await api.sign_in("ann", Carrier.COOKIE)
    confirmed = await api.call("POST", "/v1/session/confirm", by=page, json={"password": PASSWORD})

    assert sorted(reply.status for reply in replies) == [201, 401, 401, 401, 401]
    assert confirmed.status == 200
    assert (await api.call("GET", "/v1/me", by=page)).status == 401


@pytest.mark.parametrize("fault", ["kill9", "pause"])
async def test_without_the_database_there_is_no_guess(
    postgres_api: Api, postgres_server: PostgresServer, fault: str
) -> None:
    """Dead or frozen: what needs the truth is 503 within three seconds, and the rest goes on (R21, R57, R59)."""
    api = postgres_api
    ann = await api.person("ann")
    token = (await api.create(ann))["token"]
    getattr(postgres_server, fault)()

    try:
        replies = await asyncio.gather(
            api.call("POST", TOKENS, by=ann, json=NEW_TOKEN),
            api.call("GET", "/v1/me", by=ann),
            api.call("POST", "/v1/session", json={"name": "ann", "password": PASSWORD}),
            api.call("GET", f"{TOKENS}/self", bearer=token),
        )
        introspected = await api.authority.introspect(token)
        ready = await api.call("GET", "/readyz")
        alive = [await api.call("GET", path) for path in ("/livez", "/.well-known/jwks.json")]
    finally:
        postgres_server.resume()

    assert [reply.status for reply in replies] == [503] * 4
    assert {reply.headers["Retry-After"] for reply in replies} <= {"2", "3"}
    assert (introspected.status, introspected.header("Retry-After") in {"2", "3"}) == (503, True)
    assert (ready.status, ready.document["checks"]["database"]) == (503, "failed")
    assert [reply.status for reply in alive] == [200, 200]
