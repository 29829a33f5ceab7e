from service.domain.client import Client
from service.storage import words
from service.storage.connection import Connection


class SqlClients:
    """Each change moves the head `client`, by which replicas learn of it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, client: Client) -> bool:
        await self._connection.only("advance_head", name="client", count=1)
        row = await self._connection.one(
            "add_client",
            id=client.id,
            name=client.name,
            secret_hash=client.secret_hash,
            audiences=words.join(sorted(client.audiences)),
            permissions=words.join(sorted(client.permissions)),
            created_at=client.created_at,
            disabled_at=client.disabled_at,
        )
        return row is not None

    async def all(self) -> list[Client]:
        return [
            Client(
                id=row["id"],
                name=row["name"],
                secret_hash=row["secret_hash"],
                audiences=frozenset(words.split(row["audiences"])),
                permissions=frozenset(words.split(row["permissions"])),
                created_at=row["created_at"],
                disabled_at=row["disabled_at"],
            )
            for row in await self._connection.all("clients")
        ]

    async def disable(self, client_id: str, now: int) -> bool:
        await self._connection.only("advance_head", name="client", count=1)
        return await self._connection.one("disable_client", id=client_id, now=now) is not None
