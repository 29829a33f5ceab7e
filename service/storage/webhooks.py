from service.domain.notice import Kind
from service.domain.user import fold
from service.domain.webhook import Webhook
from service.storage import words
from service.storage.connection import Connection, Row


class SqlWebhooks:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def all(self) -> list[Webhook]:
        return [_webhook_of(row) for row in await self._connection.all("webhooks")]

    async def lock(self, webhook_id: str) -> Webhook | None:
        row = await self._connection.one("lock_webhook", id=webhook_id)
        return _webhook_of(row) if row else None

    async def add(self, webhook: Webhook) -> bool:
        row = await self._connection.one(
            "add_webhook",
            id=webhook.id,
            name=webhook.name,
            name_folded=fold(webhook.name),
            url=webhook.url,
            kinds=words.join(sorted(webhook.kinds)),
            sealed_secret=webhook.sealed_secret,
            created_at=webhook.created_at,
        )
        return row is not None

    async def change(self, webhook: Webhook) -> None:
        await self._connection.one(
            "change_webhook",
            id=webhook.id,
            url=webhook.url,
            kinds=words.join(sorted(webhook.kinds)),
            sealed_secret=webhook.sealed_secret,
            old_sealed_secret=webhook.old_sealed_secret,
            old_secret_until=webhook.old_secret_until,
            disabled_at=webhook.disabled_at,
        )

    async def remove(self, webhook_id: str) -> str | None:
        await self._connection.all("drop_deliveries_to", target=webhook_id)
        row = await self._connection.one("remove_webhook", id=webhook_id)
        return None if row is None else str(row["name"])


def _webhook_of(row: Row) -> Webhook:
    return Webhook(
        id=row["id"],
        name=row["name"],
        url=row["url"],
        kinds=frozenset(map(Kind, words.split(row["kinds"]))),
        sealed_secret=row["sealed_secret"],
        created_at=row["created_at"],
        old_sealed_secret=row["old_sealed_secret"],
        old_secret_until=row["old_secret_until"],
        disabled_at=row["disabled_at"],
    )
