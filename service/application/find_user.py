"""Look an account up."""

from service.application.ports import Storage
from service.domain.user import User


class FindUser:
    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def __call__(self, name: str) -> User | None:
        """The account of this name, compared without case."""
        async with self._storage.reading() as read:
            return await read.users.find(name)
