"""There is always somebody who can administrate."""

from typing import ClassVar

from service.application.ports import Transaction
from service.domain.errors import WrongState
from service.domain.user import Role, User


class LastAdministrator(WrongState):
    """Nobody could undo it: make another administrator first."""

    code: ClassVar[str] = "last_administrator"


async def demand_another_administrator(tx: Transaction, user: User) -> None:
    """Let a held account be disabled or demoted unless it is the last enabled administrator's.

    Takes the key set's lock, so that two administrators who remove each other do it one after the other.

    Raises:
        LastAdministrator: it is.
    """
    if user.role is not Role.ADMINISTRATOR or user.disabled_at is not None:
        return
    await tx.keys.lock()
    if not await tx.users.other_administrators(user.id):
        raise LastAdministrator("the last enabled administrator; make another one first")
