"""Clients: the resource servers that may ask."""

import json

import pytest

from service.domain.errors import Faulty, NotFound, WrongState
from service.domain.secret import secret_hash
from tests.application.acting import a_machine
from tests.application.deployment import REPORTS, Deployment


async def test_a_client_is_made_with_a_secret_that_is_shown_once(opened: Deployment) -> None:
    """Letters and digits alone, so that no client encodes it wrongly; kept as a hash."""
    client, secret = await opened.services.create_client(
        name=" gateway ", audiences=(), permissions=("introspect",), actor="administrator"
    )

    held = opened.services.current.clients[client.id]
    assert (held.name, held.audiences) == ("gateway", {opened.audience})
    assert held.secret_hash == secret_hash(secret)
    assert secret.reveal().isalnum()
    assert secret.reveal() not in repr(await opened.dump())
    assert await opened.audit(f"client:{client.id}") == ["client.created"]


async def test_everything_wrong_with_a_client_is_told_at_once(opened: Deployment) -> None:
    """Unregistered audiences, unknown permissions, no name."""
    with pytest.raises(Faulty) as refusal:
        await opened.services.create_client(
            name=" ", audiences=("urn:x", REPORTS, "urn:y"), permissions=("introspect", "rule"), actor="test"
        )

    assert [fault.code for fault in refusal.value.faults] == [
        "unknown_audience",
        "unknown_audience",
        "unknown_permission",
        "too_short",
    ]
    assert await opened.count("client") == 0


async def test_a_disabled_client_is_no_client(opened: Deployment) -> None:
    """Here at once, at other replicas with their next look at the database."""
    client = await opened.client()

    await opened.services.disable_client(client.id, actor="administrator")

    assert client.id not in opened.services.current.clients
    with pytest.raises(NotFound):
        await opened.services.disable_client("nobody", actor="administrator")


async def test_another_process_learns_of_clients_and_catalogue_by_following(on: Deployment) -> None:
    """Replicas need no other coordination than the database; and a restart knows all."""
    async with on.process() as first:
        on.opened = first
        client = await on.client(REPORTS)
    async with on.process() as second:
        assert second.services.current.clients[client.id].audiences == {REPORTS}
        assert second.services.current.catalogue == first.services.current.catalogue


KEY = {
    "kty": "EC",
    "crv": "P-256",
    "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
    "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
    "kid": "one",
    "alg": "ES256",
    "use": "sig",
}
"""The key of RFC 7517 appendix A.1."""


async def _with_secret(on: Deployment) -> tuple[str, str]:
    client, secret = await on.services.create_client(
        name="gateway", audiences=(), permissions=("introspect",), actor="test"
    )
    return client.id, secret.reveal()


async def _rotated(on: Deployment, client_id: str, overlap: int = 0) -> str:
    change = on.services.clients.change_proof
    _, secret = await change.rotate_secret(client_id, overlap=overlap, actor="root")
    return secret.reveal()


def _opened_by(on: Deployment, client_id: str, *texts: str) -> list[bool]:
    return [on.services.clients.proofs.by_secret(client_id, text) is not None for text in texts]


async def test_a_rotated_secret_ends_the_one_before(opened: Deployment) -> None:
    """At once, unless an overlap is given; only hashes are kept, and it is audited."""
    client_id, first = await _with_secret(opened)

    second = await _rotated(opened, client_id)

    assert _opened_by(opened, client_id, first, second, "", first + second) == [False, True, False, False]
    assert second.isalnum()
    assert second not in repr(await opened.dump())
    assert await opened.audit(f"client:{client_id}") == ["client.created", "client.secret_rotated"]


async def test_the_old_secret_goes_on_for_its_overlap(opened: Deployment) -> None:
    """So that no caller fails while it is put in its place; never a third one beside them."""
    client_id, first = await _with_secret(opened)
    second = await _rotated(opened, client_id, overlap=600)

    assert _opened_by(opened, client_id, first, second) == [True, True]
    third = await _rotated(opened, client_id, overlap=600)
    assert _opened_by(opened, client_id, first, second, third) == [False, True, True]
    opened.clock.advance(600)
    assert _opened_by(opened, client_id, first, second, third) == [False, False, True]


async def test_another_process_learns_of_a_rotation(on: Deployment) -> None:
    """A restart knows both secrets and when the old one ends."""
    async with on.process() as first:
        on.opened = first
        client_id, old = await _with_secret(on)
        new = await _rotated(on, client_id, overlap=600)
    async with on.process() as second:
        on.opened = second
        assert _opened_by(on, client_id, old, new) == [True, True]
        on.clock.advance(600)
        assert _opened_by(on, client_id, old, new) == [False, True]


async def test_a_disabled_client_has_no_secret_to_rotate(opened: Deployment) -> None:
    """L22: nothing brings it back."""
    client = await opened.client()
    await opened.services.disable_client(client.id, actor="test")

    for client_id in (client.id, "nobody"):
        with pytest.raises(NotFound):
            await _rotated(opened, client_id)
        with pytest.raises(NotFound):
            await opened.services.clients.change_proof.take_keys(
                client_id, {"keys": [KEY]}, overlap=0, actor="test"
            )


async def test_keys_take_the_place_of_the_secret(opened: Deployment) -> None:
    """With an overlap for as long as the change takes; afterwards no secret can be made for it."""
    client_id, secret = await _with_secret(opened)
    change = opened.services.clients.change_proof

    changed = await change.take_keys(client_id, {"keys": [KEY]}, overlap=60, actor="root")

    assert _opened_by(opened, client_id, secret, "") == [True, False]
    await change.take_keys(client_id, {"keys": [KEY | {"kid": "two"}]}, overlap=0, actor="root")
    assert _opened_by(opened, client_id, secret) == [True]
    opened.clock.advance(60)
    assert _opened_by(opened, client_id, secret) == [False]
    assert json.loads(changed.jwks) == {"keys": [KEY]}
    with pytest.raises(WrongState):
        await _rotated(opened, client_id)


@pytest.mark.parametrize(
    "keys",
    [
        [],
        [KEY, KEY],
        [KEY | {"d": "870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE"}],
        [{"kty": "oct", "k": "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ", "kid": "x", "alg": "HS256", "use": "sig"}],
        [KEY | {"use": "enc"}],
        [{name: value for name, value in KEY.items() if name != "kid"}],
        [{name: value for name, value in KEY.items() if name != "alg"}],
        [KEY | {"alg": "ES384"}],
        [KEY | {"alg": "RS256"}],
        [KEY | {"y": KEY["x"]}],
        [KEY | {"kid": str(number)} for number in range(11)],
        "none",
        [7],
    ],
)
async def test_keys_that_could_prove_nothing_are_refused(opened: Deployment, keys: object) -> None:
    """Private, symmetric, weak, unknown, repeated, none or too many: told, and nothing is stored."""
    client_id, secret = await _with_secret(opened)

    with pytest.raises(Faulty) as refusal:
        await opened.services.clients.change_proof.take_keys(
            client_id, {"keys": keys}, overlap=0, actor="test"
        )

    assert [fault.code for fault in refusal.value.faults] == ["invalid_jwks"]
    assert _opened_by(opened, client_id, secret) == [True]


async def test_a_client_acts_for_a_machine_user_alone(opened: Deployment) -> None:
    """Never for a person, nor for one who is disabled or not there."""
    person, machine = await opened.user(), await a_machine(opened)
    await opened.services.disable_user(machine.user.id, actor="test")

    for said in (person.name, person.id, machine.user.name, "nobody"):
        with pytest.raises(Faulty) as refusal:
            await opened.services.create_client(
                name="x", audiences=(), permissions=(), machine=said, actor="test"
            )
        assert [(fault.where, fault.code) for fault in refusal.value.faults] == [("machine", "unknown_user")]
