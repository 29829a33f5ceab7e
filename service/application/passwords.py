"""Hashing and checking passwords: Argon2id, off the event loop, a few at once."""

import asyncio
import base64
import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Final, ParamSpec, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from service.domain.errors import Busy, Faulty
from service.domain.password import normalised, password_faults
from service.domain.secret import Secret

_NICENESS: Final = 10

P = ParamSpec("P")
T = TypeVar("T")


def is_same_password(one: str | None, other: str | None) -> bool:
    """Whether two stored hashes are of one password that was set once, maybe hashed anew since."""
    return one == other or (one is not None and other is not None and _salt(one) == _salt(other) != "")


def _salt(stored: str) -> str:
    """Of an encoded Argon2 hash: `$argon2id$v=19$m=…,t=…,p=…$salt$hash`, in base64 without padding."""
    parts = stored.split("$")
    return parts[4] if len(parts) == 6 else ""


class Passwords:
    """Argon2id with at most `at_once` hashes running and `queue` waiting; beyond that Busy (R62).

    Whoever is known finds as many places again, which no flood of strangers can take (R45).
    """

    def __init__(self, hasher: PasswordHasher, at_once: int, *, queue: int) -> None:
        self._hasher = hasher
        self._places = at_once + queue
        self._reserved = queue
        self._pool = ThreadPoolExecutor(at_once, thread_name_prefix="password", initializer=_give_way)
        self._taken = 0
        self._decoy = hasher.hash("nobody's password")

    @contextmanager
    def place(self, *, known: bool = False) -> Iterator[None]:
        """A place in the queue, to be held around `check`.

        Raises:
            Busy: too many hashes wait already.
        """
        if self._taken >= self._places + (self._reserved if known else 0):
            raise Busy("too many people are signing in at this moment", retry_after=2)
        self._taken += 1
        try:
            yield
        finally:
            self._taken -= 1

    async def hash(self, password: Secret, *, context: tuple[str, ...] = ()) -> str:
        """The storable hash of an acceptable password.

        Raises:
            Faulty: the password may not be set.
            Busy: too many hashes wait already.
        """
        with self.place():
            return await self._run(self._judge_and_hash, password, context)

    async def check(self, password: Secret, stored: str | None) -> bool:
        """Whether it is the right one. Without a stored hash it takes as long and says no (R46)."""
        return await self._run(self._matches, password, stored)

    async def renewed(self, password: Secret, stored: str) -> str | None:
        """The hash under today's parameters of a password that was right for `stored`; None where nothing has changed.

        The salt stays, by which `is_same_password` knows it again.
        """
        if not self._hasher.check_needs_rehash(stored):
            return None
        return await self._run(self._hash_again, password, stored)

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _judge_and_hash(self, password: Secret, context: tuple[str, ...]) -> str:
        text = normalised(password.reveal())
        if faults := password_faults(text, context):
            raise Faulty(faults)
        return self._hasher.hash(text)

    def _hash_again(self, password: Secret, stored: str) -> str:
        salt = _salt(stored)
        raw = base64.b64decode(salt + "=" * (-len(salt) % 4))
        return self._hasher.hash(normalised(password.reveal()), salt=raw)

    def _matches(self, password: Secret, stored: str | None) -> bool:
        try:
            text = normalised(password.reveal()).encode(
                errors="surrogatepass"
            )  # half characters are just wrong
            self._hasher.verify(stored or self._decoy, text)
        except (VerificationError, InvalidHashError):
            return False
        return stored is not None

    async def _run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await asyncio.get_running_loop().run_in_executor(
            self._pool, partial(function, *args, **kwargs)
        )


def _give_way() -> None:
    """Let this thread compute where nobody else wants to: whoever guesses passwords slows no introspection down."""
    if sys.platform == "linux":  # elsewhere niceness is the process's
        os.nice(_NICENESS)
