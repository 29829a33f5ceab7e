"""How administrators change that by which a client proves itself."""

from collections.abc import Mapping

import pytest

from service.domain.user import Role
from tests.api.api_fixtures import Api, Person
from tests.api.machine_clients import Signer, a_machine
from tests.api.oauth_fixtures import basic

CLIENTS = "/v1/admin/clients"
NOBODYS = "00000000-0000-4000-8000-000000000000"
WEEK = 7 * 86_400


@pytest.fixture
async def root(api: Api) -> Person:
    return await api.person("root", role=Role.ADMINISTRATOR)


async def a_client(api: Api, root: Person, **members: object) -> dict[str, object]:
    reply = await api.call("POST", CLIENTS, by=root, json={"name": "gateway", **members})
    assert reply.status == 201, reply.body
    return reply.document


async def proves(api: Api, client_id: object, secret: object) -> bool:
    answer = await api.authority.post(
        "/oauth2/introspect", {"token": "x"}, basic(str(client_id), str(secret))
    )
    return answer.status == 200


async def test_a_secret_is_changed_while_the_old_one_goes_on(api: Api, root: Person) -> None:
    """Shown once, nobody stores the answer; listed without it, but with when the old one ends."""
    made = await a_client(api, root)

    reply = await api.call("POST", f"{CLIENTS}/{made['id']}/secret", by=root, json={"overlap": 3600})
    [listed] = [
        each for each in (await api.call("GET", CLIENTS, by=root)).document if each["id"] == made["id"]
    ]

    rotated = reply.document
    assert (reply.status, reply.headers["Cache-Control"]) == (201, "no-store")
    assert rotated["secret"].isalnum()
    assert listed == {name: value for name, value in rotated.items() if name != "secret"}
    both = [await proves(api, made["id"], each["secret"]) for each in (made, rotated)]
    api.authority.clock.advance(3600)
    later = [await proves(api, made["id"], each["secret"]) for each in (made, rotated)]
    assert (both, later) == ([True, True], [False, True])


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"overlap": WEEK}, 201),
        ({"overlap": 0}, 201),
        ({}, 201),
        ({"overlap": WEEK + 1}, 422),
        ({"overlap": -1}, 422),
        ({"overlap": True}, 422),
        ({"overlap": 1.5}, 422),
        ({"overlap": None}, 422),
        ({"secret": "mine"}, 400),
        ([], 400),
    ],
)
async def test_an_overlap_is_whole_seconds_of_a_week_at_most(
    api: Api, root: Person, body: object, status: int
) -> None:
    """Nobody chooses a secret themselves; what is refused leaves the old one in force."""
    made = await a_client(api, root)

    reply = await api.call("POST", f"{CLIENTS}/{made['id']}/secret", by=root, json=body)

    assert reply.status == status
    assert await proves(api, made["id"], made["secret"]) == (status != 201 or body == {"overlap": WEEK})


async def test_keys_are_registered_and_replaced(api: Api, root: Person) -> None:
    """At creation for a machine user, or later in the place of a secret; then no secret can be made."""
    machine, signer = await a_machine(api.authority), Signer()
    keyed = await a_client(api, root, machine=machine.name, jwks=signer.jwks)
    plain = await a_client(api, root)

    path = f"{CLIENTS}/{plain['id']}"
    changed = await api.call("PUT", f"{path}/jwks", by=root, json={"jwks": signer.jwks})
    no_secret = await api.call("POST", f"{path}/secret", by=root, json={})

    assert "secret" not in keyed
    assert (keyed["permissions"], keyed["jwks"]) == ([], signer.jwks)
    assert (changed.status, changed.document["jwks"]) == (200, signer.jwks)
    assert (no_secret.status, no_secret.code) == (409, "wrong_state")
    assert not await proves(api, plain["id"], plain["secret"])


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({}, "jwks"),
        ({"jwks": {}}, "jwks"),
        ({"jwks": {"keys": "x"}}, "jwks"),
        ({"jwks": {"keys": [None]}}, "jwks"),
        ({"jwks": "https://evil.example/jwks.json"}, "jwks"),
        ({"jwks": {"keys": []}, "overlap": -1}, "overlap"),
    ],
)
async def test_keys_that_prove_nothing_are_refused(
    api: Api, root: Person, body: Mapping[str, object], where: str
) -> None:
    """Inline alone: nothing is ever fetched from where a client says."""
    made = await a_client(api, root)

    reply = await api.call("PUT", f"{CLIENTS}/{made['id']}/jwks", by=root, json=body)

    assert reply.status == 422
    assert where in {place for place, _ in reply.faults}
    assert await proves(api, made["id"], made["secret"])


async def test_there_is_nothing_to_change_of_no_client(api: Api, root: Person) -> None:
    """Unknown, malformed or disabled: 404 alike."""
    gone = await a_client(api, root)
    await api.call("DELETE", f"{CLIENTS}/{gone['id']}", by=root)

    replies = [
        await api.call(method, f"{CLIENTS}/{each}/{what}", by=root, json=body)
        for each in (gone["id"], NOBODYS, "x")
        for method, what, body in (("POST", "secret", {}), ("PUT", "jwks", {"jwks": Signer().jwks}))
    ]

    assert {reply.status for reply in replies} == {404}
