"""Clients, catalogues and sealed secrets."""

import asyncio

from service.domain.client import Client
from service.storage import Database
from tests.conformance.world import World


def a_client(client_id: str, **members: object) -> Client:
    defaults = {
        "name": "an API",
        "secret_hash": "0" * 64,
        "audiences": frozenset({"https://b.example", "https://a.example/x"}),
        "permissions": frozenset({"introspect", "revoke"}),
        "created_at": 5,
    }
    return Client(id=client_id, **defaults | members)


async def heads(storage: Database) -> dict[str, int]:
    async with storage.reading() as read:
        return dict(await read.heads())


async def test_clients_come_back_as_they_were_stored(storage: Database) -> None:
    """Oldest first; ids that differ in case are two clients."""
    clients = [a_client("B"), a_client("b", created_at=6, audiences=frozenset(), disabled_at=8)]

    async with storage.transaction() as tx:
        for client in reversed(clients):
            assert await tx.clients.add(client)
        assert not await tx.clients.add(a_client("b"))

    async with storage.reading() as read:
        assert await read.clients.all() == clients


async def test_a_client_is_disabled_once(storage: Database) -> None:
    """The first time stays, and every change moves the head by which replicas learn of it."""
    async with storage.transaction() as tx:
        await tx.clients.add(a_client("c"))
    before = await heads(storage)

    async with storage.transaction() as tx:
        assert await tx.clients.disable("c", 10)
    async with storage.transaction() as tx:
        assert not await tx.clients.disable("c", 20)
        assert not await tx.clients.disable("unknown", 20)

    async with storage.reading() as read:
        assert [client.disabled_at for client in await read.clients.all()] == [10]
    assert (await heads(storage))["client"] > before["client"]


async def test_of_catalogues_applied_at_once_one_wins(storage: Database) -> None:
    """Compare and set: the others are told that somebody came first, and nothing of theirs is stored."""

    async def apply(n: int) -> bool:
        async with storage.transaction() as tx:
            return await tx.catalogues.add(f'{{"n":{n}}}', by="admin", now=5, expected_version=0)

    outcomes = await asyncio.gather(*(apply(n) for n in range(8)))

    async with storage.reading() as read:
        version, document = await read.catalogues.latest()
    assert outcomes.count(True) == 1
    assert (version, document) == (1, f'{{"n":{outcomes.index(True)}}}')
    assert (await heads(storage))["catalogue"] == 1


async def test_there_is_no_catalogue_at_first(storage: Database) -> None:
    """A first start sees that nothing was applied yet."""
    async with storage.reading() as read:
        assert await read.catalogues.latest() is None


async def test_scopes_are_counted_over_live_tokens(world: World) -> None:
    """Removing a scope is refused with the number of live tokens that hold it: dead ones do not count."""
    await world.issue(scopes=("a", "b"))
    await world.issue(scopes=("b",))
    await world.issue(scopes=("b",), expires_at=None)
    await world.issue(scopes=("b",), suspended_at=5)
    await world.issue(scopes=("b", "c"), expires_at=2, value={"expires_at": 2})
    revoked, _ = await world.issue(scopes=("a",))
    await world.revoke(revoked.id)

    async with world.storage.reading() as read:
        reaches = {reach.scopes: reach.tokens for reach in await read.carried.reaches()}

    assert reaches == {("a", "b"): 1, ("b",): 3}


async def test_of_secrets_made_at_once_one_is_kept(storage: Database) -> None:
    """Two replicas that start together must not each keep a key of their own (threats 23)."""

    async def add(n: int) -> bool:
        async with storage.transaction() as tx:
            return await tx.secrets.add("index", f"sealed {n}", "master", 5)

    outcomes = await asyncio.gather(*(add(n) for n in range(8)))

    async with storage.reading() as read:
        assert await read.secrets.get("index") == (f"sealed {outcomes.index(True)}", "master")
        assert await read.secrets.get("other") is None
    assert outcomes.count(True) == 1
