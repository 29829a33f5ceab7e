"""Look accounts up."""

from service.application.ports import Storage
from service.domain.errors import NotFound
from service.domain.user import Role, User, fold

LARGEST_PAGE = 1_000


class FindUser:
    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def __call__(self, name: str) -> User | None:
        """The account of this name, compared without case."""
        async with self._storage.reading() as read:
            return await read.users.find(name)

    async def get(self, user_id: str) -> User:
        """Raises NotFound."""
        async with self._storage.reading() as read:
            user = await read.users.get(user_id)
        if user is None:
            raise NotFound("no such account")
        return user

    async def people(
        self, *, search: str | None = None, role: Role | None = None, after: str = ""
    ) -> tuple[list[User], str | None]:
        """People in the order of their names, and where the next page begins."""
        async with self._storage.reading() as read:
            found = await read.users.page(search=search, role=role, after=after, limit=LARGEST_PAGE)
        return found, fold(found[-1].name) if len(found) == LARGEST_PAGE else None
