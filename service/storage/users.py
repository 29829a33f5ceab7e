from collections.abc import Collection, Sequence

from service.domain.user import Grant, GrantKind, Role, User, UserKind, fold
from service.storage import words
from service.storage.connection import Connection, Row, storable
from service.storage.padded import in_widths
from service.storage.patterns import containing


def user_of(row: Row) -> User:
    return User(
        id=row["id"],
        kind=UserKind(row["kind"]),
        name=row["name"],
        role=Role(row["role"]),
        password_hash=row["password_hash"],
        grant=Grant(GrantKind(row["grant_kind"]), words.split(row["grant_scopes"])),
        created_at=row["created_at"],
        disabled_at=row["disabled_at"],
        version=row["version"],
    )


class SqlUsers:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, user: User) -> bool:
        row = await self._connection.one(
            "add_user",
            id=user.id,
            kind=user.kind.value,
            name=user.name,
            name_folded=fold(user.name),
            role=user.role.value,
            password_hash=user.password_hash,
            grant_kind=user.grant.kind.value,
            grant_scopes=words.join(user.grant.scopes),
            created_at=user.created_at,
            disabled_at=user.disabled_at,
        )
        return row is not None

    async def get(self, user_id: str) -> User | None:
        row = await self._connection.one("user_by_id", id=user_id)
        return user_of(row) if row else None

    async def find(self, name: str) -> User | None:
        folded = fold(name)
        row = await self._connection.one("user_by_name", name_folded=folded) if storable(folded) else None
        return user_of(row) if row else None

    async def page(self, *, search: str | None, role: Role | None, after: str, limit: int) -> list[User]:
        if not storable(search or "") or not storable(after):
            return []
        rows = await self._connection.all(
            "page_of_people",
            pattern=containing(search),
            role=None if role is None else role.value,
            after_name=after,
            limit=limit,
        )
        return [user_of(row) for row in rows]

    async def lock(self, user_id: str) -> User | None:
        row = await self._connection.one("lock_user", id=user_id)
        return user_of(row) if row else None

    async def lock_all(self, user_ids: Collection[str]) -> dict[str, User]:
        await self.hold([*user_ids])
        locked: dict[str, User] = {}
        for keys in in_widths(sorted(set(user_ids))):
            locked |= {row["id"]: user_of(row) for row in await self._connection.all("users_by_ids", **keys)}
        return locked

    async def hold(self, user_ids: Sequence[str]) -> None:
        await self._connection.many("hold_user", [{"id": user_id} for user_id in sorted(set(user_ids))])

    async def change(
        self, user_id: str, *, role: Role, password_hash: str | None, grant: Grant, disabled_at: int | None
    ) -> None:
        await self._connection.one(
            "change_user",
            id=user_id,
            role=role.value,
            password_hash=password_hash,
            grant_kind=grant.kind.value,
            grant_scopes=words.join(grant.scopes),
            disabled_at=disabled_at,
        )

    async def renew_hash(self, user_id: str, old: str, new: str) -> None:
        await self._connection.one("renew_password_hash", id=user_id, old=old, new=new)

    async def administrator_exists(self) -> bool:
        return await self._connection.one("any_administrator") is not None

    async def other_administrators(self, user_id: str) -> int:
        row = await self._connection.only("count_other_administrators", id=user_id)
        return int(row["administrators"])
