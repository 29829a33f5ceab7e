from collections.abc import Sequence

from service.domain.carried import Carried, Reach
from service.domain.user import Grant, GrantKind
from service.storage import words
from service.storage.connection import Connection, Row
from service.storage.padded import in_widths


class SqlCarriedScopes:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def keep(self, token_id: str, scopes: tuple[str, ...]) -> None:
        await self._connection.all("keep_carried", token_id=token_id, scopes=words.join(scopes))

    async def by(self, owner_id: str) -> list[Carried]:
        return [_carried(row) for row in await self._connection.all("carried_by", owner_id=owner_id)]

    async def of(self, token_ids: Sequence[str]) -> list[Carried]:
        rows: list[Row] = []
        for keys in in_widths(token_ids):
            rows += await self._connection.all("carried_of", **keys)
        return [_carried(row) for row in rows]

    async def page(self, after: tuple[str, str], limit: int) -> list[Carried]:
        rows = await self._connection.all(
            "page_of_carried", after_id=after[0], after_jti=after[1], limit=limit
        )
        return [_carried(row) for row in rows]

    async def reaches(self) -> list[Reach]:
        return [
            Reach(scopes=words.split(row["scopes"]), grant=_grant(row), tokens=int(row["tokens"]))
            for row in await self._connection.all("reaches")
        ]

    async def alike(self, reach: Reach) -> list[str]:
        rows = await self._connection.all(
            "carried_alike",
            scopes=words.join(reach.scopes),
            grant_kind=reach.grant.kind.value,
            grant_scopes=words.join(reach.grant.scopes),
        )
        return [row["id"] for row in rows]


def _grant(row: Row) -> Grant:
    return Grant(GrantKind(row["grant_kind"]), words.split(row["grant_scopes"]))


def _carried(row: Row) -> Carried:
    return Carried(
        token_id=row["id"],
        owner_id=row["owner_id"],
        note=row["note"],
        jti=row["jti"],
        is_current=bool(row["is_current"]),
        scopes=words.split(row["scopes"]),
        grant=_grant(row),
    )
