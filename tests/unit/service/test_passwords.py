"""Passwords are hashed beside the event loop, and never in its way."""

import os
import sys
from typing import Any

from argon2 import PasswordHasher

from service.application.passwords import Passwords
from service.domain.secret import Secret


class Watched(PasswordHasher):
    """Tells the priority that it was called with."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.niceness: list[int] = []

    def verify(self, *arguments: Any, **more: Any) -> Any:
        self.niceness.append(os.getpriority(os.PRIO_PROCESS, 0))
        return super().verify(*arguments, **more)


async def test_hashing_gives_way_to_everything_else() -> None:
    """R62: a flood of attempts to sign in computes only where introspection leaves something; Linux can say so."""
    hasher = Watched()
    passwords, own = Passwords(hasher, 2, queue=4), os.getpriority(os.PRIO_PROCESS, 0)

    await passwords.check(Secret("guessed"), None)
    passwords.close()

    assert hasher.niceness == [min(own + 10, 19) if sys.platform == "linux" else own]
    assert os.getpriority(os.PRIO_PROCESS, 0) == own
