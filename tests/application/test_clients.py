"""Clients: the resource servers that may ask."""

import pytest

from service.domain.errors import Faulty, NotFound
from service.domain.secret import secret_hash
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
