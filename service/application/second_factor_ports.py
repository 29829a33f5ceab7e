"""What second factors need to be stored. Their rows are held by the lock on their user."""

from collections.abc import Sequence
from typing import Protocol

from service.domain.second_factor import Factor


class SecondFactors(Protocol):
    async def of_user(self, user_id: str) -> list[Factor]:
        """Those that are asked for, the oldest first."""

    async def unconfirmed(self, factor_id: str, user_id: str, *, since: int) -> Factor | None:
        """One that was begun after `since` and not confirmed yet."""

    async def add(self, factor: Factor) -> bool:
        """False when this passkey is somebody's already."""

    async def confirm(self, factor_id: str, *, name: str, counter: int, now: int) -> bool: ...
    async def use(self, factor_id: str, *, counter: int, now: int) -> bool:
        """False when this step or count was used before."""

    async def rename(self, factor_id: str, user_id: str, name: str) -> bool: ...
    async def remove(self, factor_id: str, user_id: str) -> bool: ...
    async def remove_all(self, user_id: str) -> int:
        """How many there were, also of those being set up."""

    async def drop_unconfirmed(self, user_id: str) -> None: ...
    async def replace_codes(self, user_id: str, hashes: Sequence[str]) -> None: ...
    async def has_code(self, user_id: str, code_hash: str) -> bool: ...
    async def use_code(self, user_id: str, code_hash: str) -> bool:
        """False when it was used before, or is none of this account's."""

    async def codes_left(self, user_id: str) -> int: ...
    async def use_challenge(self, challenge_hash: str, expires_at: int) -> bool:
        """False when it was used before."""

    async def put_notice(self, user_id: str, action: str, *, session_id: str, at: int) -> None:
        """Tell the account's sessions but this one."""

    async def noticed(self, session_id: str, now: int) -> None: ...
    async def sweep(self, now: int, *, unconfirmed_before: int) -> None: ...
