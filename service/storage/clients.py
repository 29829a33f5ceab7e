from service.domain.client import Client
from service.storage import words
from service.storage.connection import Connection, Row


class SqlClients:
    """Each change of a client moves the head `client`, by which replicas learn of it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, client: Client) -> bool:
        await self._moves()
        row = await self._connection.one(
            "add_client",
            id=client.id,
            name=client.name,
            secret_hash=client.secret_hash,
            audiences=words.join(sorted(client.audiences)),
            permissions=words.join(sorted(client.permissions)),
            machine_id=client.machine_id,
            jwks=client.jwks,
            created_at=client.created_at,
            disabled_at=client.disabled_at,
        )
        return row is not None

    async def all(self) -> list[Client]:
        return [_client_of(row) for row in await self._connection.all("clients")]

    async def lock(self, client_id: str) -> Client | None:
        row = await self._connection.one("lock_client", id=client_id)
        return _client_of(row) if row else None

    async def change_proof(self, client: Client) -> None:
        await self._moves()
        await self._connection.one(
            "change_client_proof",
            id=client.id,
            secret_hash=client.secret_hash,
            jwks=client.jwks,
            old_secret_hash=client.old_secret_hash,
            old_secret_until=client.old_secret_until,
        )

    async def change_rights(self, client: Client) -> None:
        await self._moves()
        await self._connection.one(
            "change_client_rights",
            id=client.id,
            audiences=words.join(sorted(client.audiences)),
            permissions=words.join(sorted(client.permissions)),
            machine_id=client.machine_id,
        )

    async def disable(self, client_id: str, now: int) -> bool:
        await self._moves()
        return await self._connection.one("disable_client", id=client_id, now=now) is not None

    async def use_assertion(self, assertion_hash: str, *, expires_at: int) -> bool:
        row = await self._connection.one(
            "use_assertion", assertion_hash=assertion_hash, expires_at=expires_at
        )
        return row is not None

    async def forget_assertions(self, *, now: int, limit: int) -> int:
        return len(await self._connection.all("forget_assertions", now=now, limit=limit))

    async def _moves(self) -> None:
        await self._connection.only("advance_head", name="client", count=1)


def _client_of(row: Row) -> Client:
    return Client(
        id=row["id"],
        name=row["name"],
        secret_hash=row["secret_hash"],
        audiences=frozenset(words.split(row["audiences"])),
        permissions=frozenset(words.split(row["permissions"])),
        machine_id=row["machine_id"],
        jwks=row["jwks"],
        old_secret_hash=row["old_secret_hash"],
        old_secret_until=row["old_secret_until"],
        created_at=row["created_at"],
        disabled_at=row["disabled_at"],
    )
