from service.domain.carried import Carried
from service.storage import words
from service.storage.connection import Connection, Row


class SqlCarriedScopes:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def keep(self, token_id: str, scopes: tuple[str, ...]) -> None:
        await self._connection.all("keep_carried", token_id=token_id, scopes=words.join(scopes))

    async def by(self, owner_id: str) -> list[Carried]:
        return [_carried(row) for row in await self._connection.all("carried_by", owner_id=owner_id)]


def _carried(row: Row) -> Carried:
    return Carried(
        token_id=row["id"],
        owner_id=row["owner_id"],
        note=row["note"],
        jti=row["jti"],
        is_current=bool(row["is_current"]),
        scopes=words.split(row["scopes"]),
    )
