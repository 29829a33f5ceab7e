import json

import pytest

from service.domain.session import Carrier
from service.domain.user import Role
from tests.api.api_fixtures import NEW_TOKEN, PASSWORD, TOKENS, Api, Person

SAME, CROSS = {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "cross-site"}
EVIL = {"Origin": "https://evil.example"}
CHANGES = [
    ("POST", TOKENS),
    ("PATCH", f"{TOKENS}/{{id}}"),
    ("DELETE", f"{TOKENS}/{{id}}"),
    ("POST", f"{TOKENS}/{{id}}/regenerate"),
    ("DELETE", "/v1/session"),
    ("POST", "/v1/session/confirm"),
    ("POST", "/v1/admin/users"),
    ("POST", "/v1/admin/users/{id}/disable"),
    ("POST", "/v1/admin/clients"),
    ("DELETE", "/v1/admin/clients/{id}"),
    ("POST", "/v1/admin/keys/rotate"),
]


@pytest.fixture
async def page(api: Api, ann: Person) -> Person:
    """The same person in a browser."""
    return await api.sign_in("ann", Carrier.COOKIE)


def cookie(page: Person) -> dict[str, str]:
    return {"Cookie": f"safeconduct={page.secret}"}


@pytest.mark.parametrize(
    "origin",
    [
        CROSS,
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        EVIL,
        {"Origin": "null"},
        SAME | EVIL,
        {},
    ],
)
async def test_a_change_on_a_cookie_must_come_from_our_own_pages(
    api: Api, page: Person, origin: dict[str, str]
) -> None:
    """Whatever the browser says of another origin, or does not say: 403 and nothing happened (R50)."""
    reply = await api.call("POST", TOKENS, json=NEW_TOKEN, headers={**cookie(page), **origin})

    assert (reply.status, reply.code) == (403, "cross_origin")
    assert (await api.call("GET", TOKENS, headers=cookie(page))).document == []


@pytest.mark.parametrize(("method", "path"), CHANGES)
async def test_no_change_can_be_called_cross_site(api: Api, method: str, path: str) -> None:
    """Every mutating route, with an administrator's cookie (R50, S30)."""
    await api.person("root", role=Role.ADMINISTRATOR)
    root = await api.sign_in("root", Carrier.COOKIE)
    target = path.replace("{id}", "00000000-0000-4000-8000-000000000000")

    reply = await api.call(method, target, json={}, headers={**cookie(root), **CROSS})

    assert (reply.status, reply.code) == (403, "cross_origin")


async def test_our_own_pages_may_change_things(api: Api, page: Person) -> None:
    """By Sec-Fetch-Site, or, in an older browser, by Origin alone."""
    own = {"Origin": api.authority.issuer}

    replies = [
        await api.call("POST", TOKENS, json=NEW_TOKEN, headers={**cookie(page), **origin})
        for origin in (SAME, own, SAME | own)
    ]

    assert [reply.status for reply in replies] == [201, 201, 201]


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]
)
async def test_a_form_cannot_pass_for_json(api: Api, page: Person, content_type: str) -> None:
    """What a form of any page could send is refused on a cookie before the body is looked at."""
    reply = await api.call(
        "POST",
        TOKENS,
        body=json.dumps(NEW_TOKEN).encode(),
        headers={**cookie(page), **SAME, "Content-Type": content_type},
    )

    assert reply.status == 415


async def test_a_change_without_a_body_is_held_to_it_as_well(api: Api) -> None:
    """Where a call reads no body, its media type is still what tells a script of ours from a form."""
    await api.person("root", role=Role.ADMINISTRATOR)
    root = await api.sign_in("root", Carrier.COOKIE)
    path = "/v1/admin/users/00000000-0000-4000-8000-000000000000/disable"

    statuses = [
        (await api.call("POST", path, headers={**cookie(root), **SAME, "Content-Type": each})).status
        for each in ("text/plain", "application/json")
    ]

    assert statuses == [415, 404]


async def test_a_look_needs_no_origin(api: Api, page: Person) -> None:
    """GET changes nothing, so it is answered; the answer cannot be read across origins."""
    reply = await api.call("GET", TOKENS, headers={**cookie(page), **CROSS})

    assert reply.status == 200
    assert "Access-Control-Allow-Origin" not in reply.headers


async def test_nobody_is_signed_in_by_another_page(api: Api, ann: Person) -> None:
    """A foreign page cannot plant a session of its own choice in a browser."""
    body = {"name": "ann", "password": PASSWORD, "carrier": "cookie"}

    reply = await api.call("POST", "/v1/session", json=body, headers=CROSS)

    assert (reply.status, reply.headers.get("Set-Cookie")) == (403, None)


async def test_a_bearer_needs_no_origin(api: Api, ann: Person) -> None:
    """No browser sends it by itself; but one that says it is foreign is refused all the same."""
    plain = await api.call("POST", TOKENS, by=ann, json=NEW_TOKEN)
    foreign = await api.call("POST", TOKENS, by=ann, json=NEW_TOKEN, headers=EVIL)

    assert (plain.status, foreign.status) == (201, 403)


async def test_no_preflight_is_granted_on_the_api(api: Api) -> None:
    """CORS is for public documents alone (attack 84)."""
    preflight = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}

    reply = await api.call("OPTIONS", TOKENS, headers=preflight)

    assert reply.status == 405
    assert "Access-Control-Allow-Origin" not in reply.headers
