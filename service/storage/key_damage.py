from collections import Counter

from service.domain.key_damage import AudienceHit, KeyDamage, OwnerHit
from service.storage import words
from service.storage.connection import Connection


class SqlKeyDamage:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def of(self, kid: str) -> KeyDamage:
        owners = await self._connection.all("owners_under_key", kid=kid)
        hit: Counter[str] = Counter()
        for row in await self._connection.all("audiences_under_key", kid=kid):
            hit.update(dict.fromkeys(words.split(row["audiences"]), row["tokens"]))
        return KeyDamage(
            owners=[OwnerHit(row["id"], row["name"], row["kind"], row["tokens"]) for row in owners],
            audiences=[AudienceHit(id_, tokens) for id_, tokens in hit.most_common()],
        )
