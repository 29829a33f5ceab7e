import asyncio
from dataclasses import replace

import pytest

from service.domain.session import Carrier
from service.domain.user import Role
from tests.api.api_fixtures import NEW_TOKEN, PASSWORD, TOKENS, Api, Person, Reply

WINDOW = 300


async def set_confirm(api: Api, confirm: object) -> None:
    """Put a policy in force that asks for confirmation like this."""
    catalogue = api.authority.services.current.catalogue
    wanted = replace(catalogue, policy=replace(catalogue.policy, confirm=confirm))
    await api.authority.services.apply_catalogue(wanted, actor="test")


async def create(api: Api, by: Person) -> Reply:
    return await api.call("POST", TOKENS, by=by, json=NEW_TOKEN)


async def confirm(api: Api, by: Person) -> Person:
    """The person with the session that follows a confirmation."""
    reply = await api.call("POST", "/v1/session/confirm", by=by, json={"password": PASSWORD})
    return Person(by.user, reply.document["token"], Carrier.BEARER)


async def test_a_young_bearer_session_is_confirmed(api: Api, ann: Person) -> None:
    """Signing in was giving the password; it counts for the window, to its last second."""
    api.authority.clock.advance(WINDOW)

    assert (await create(api, ann)).status == 201


async def test_an_aged_session_is_asked_to_step_up(api: Api, ann: Person) -> None:
    """401 as RFC 9470 says, with the age that is allowed; after the confirmation the change passes (R52)."""
    api.authority.clock.advance(WINDOW + 1)

    refused = await create(api, ann)
    passed = await create(api, await confirm(api, ann))

    assert (refused.status, refused.code) == (401, "insufficient_user_authentication")
    assert refused.headers["WWW-Authenticate"].startswith(
        'Bearer realm="safeconduct", error="insufficient_user_authentication", max_age="300"'
    )
    assert passed.status == 201


async def test_every_change_and_nothing_else_is_confirmed(api: Api) -> None:
    """Create, edit, regenerate, grants and keys ask; looking, revoking and signing out never do (ruling 7)."""
    root = await api.person("root", role=Role.ADMINISTRATOR)
    made = await api.create(root)
    client, _ = await api.authority.new_client("introspect")
    ann = await api.person("ann")
    api.authority.clock.advance(WINDOW + 1)
    token = f"{TOKENS}/{made['id']}"

    statuses = {
        f"{method} {path}": (await api.call(method, path, by=root, json=body)).status
        for method, path, body in [
            ("POST", TOKENS, NEW_TOKEN),
            ("PATCH", token, {"note": "x"}),
            ("POST", f"{token}/regenerate", {"expiration": 1}),
            ("POST", "/v1/admin/users", {"name": "x"}),
            ("PUT", f"/v1/admin/users/{_wire(ann)}/grant", {"grant": "all"}),
            ("PUT", f"/v1/admin/users/{_wire(ann)}/role", {"role": "user"}),
            ("POST", f"/v1/admin/users/{_wire(ann)}/enable", {}),
            ("PUT", "/v1/admin/policy", {"policy": {}}),
            ("POST", "/v1/admin/clients", {"name": "x"}),
            ("POST", "/v1/admin/keys/rotate", {}),
            ("POST", "/v1/admin/keys/x/compromise", {"reason": "drill"}),
            ("GET", token, None),
            ("GET", "/v1/admin/keys", None),
            ("DELETE", token, None),
            ("DELETE", f"/v1/admin/clients/{client.id}", None),
            ("POST", f"/v1/admin/users/{_wire(ann)}/disable", {}),
        ]
    }

    assert list(statuses.values()) == [401] * 11 + [200, 200, 200, 204, 200]


def _wire(person: Person) -> str:
    raw = person.user.id
    return f"{raw[:8]}-{raw[8:12]}-{raw[12:16]}-{raw[16:20]}-{raw[20:]}"


async def test_the_policy_may_ask_for_every_change(api: Api, ann: Person) -> None:
    """One confirmation is good for one change, and for a minute."""
    await set_confirm(api, "every")

    first, second = await create(api, ann), await create(api, ann)
    confirmed = await confirm(api, ann)
    third = await create(api, confirmed)
    confirmed = await confirm(api, confirmed)
    api.authority.clock.advance(61)
    late = await create(api, confirmed)

    assert [reply.status for reply in (first, second, third, late)] == [201, 401, 201, 401]
    assert 'max_age="60"' in second.headers["WWW-Authenticate"]


async def test_two_changes_at_once_never_share_a_confirmation(api: Api, ann: Person) -> None:
    """Under `every`, of ten parallel changes exactly one passes."""
    await set_confirm(api, "every")

    replies = await asyncio.gather(*(create(api, ann) for _ in range(10)))

    assert sorted(reply.status for reply in replies) == [201] + [401] * 9


async def test_the_policy_may_be_content_with_signing_in(api: Api, ann: Person) -> None:
    """As Locoia's API and iObeya are: no change asks again."""
    await set_confirm(api, "sign-in")
    api.authority.clock.advance(3_599)

    assert (await create(api, ann)).status == 201


@pytest.mark.parametrize("policy", ["every", WINDOW])
async def test_a_token_is_not_asked(api: Api, ann: Person, policy: object) -> None:
    """`self` is no person: it inspects and ends itself without a password."""
    made = await api.create(ann)
    await set_confirm(api, policy)
    api.authority.clock.advance(WINDOW + 1)

    assert (await api.call("DELETE", f"{TOKENS}/self", bearer=made["token"])).status == 200
