"""What outlives the database, and what recovery needs of it."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from service.domain.history import Heads


class Shelf(Protocol):
    """A place outside the database. Every method may raise OSError; none is called on the event loop."""

    def heads(self) -> Heads:
        """The furthest that was kept; empty where nothing was."""

    def keep_heads(self, heads: Heads) -> None:
        """Unless further ones are there."""

    def keys(self) -> Sequence[Mapping[str, Any]]:
        """Public JWKs that were kept, the latest last."""

    def keep_keys(self, keys: Sequence[Mapping[str, Any]]) -> None:
        """Beside those that are there."""

    def lists(self) -> Mapping[str, str]:
        """The last token of each list."""

    def keep_list(self, list_id: str, token: str) -> None: ...
    def forget_list(self, list_id: str) -> None: ...


class FarCopies(Protocol):
    """The last tokens once more, where others can write as well: worth what their signatures are. Every method may
    raise OSError; none is called on the event loop.
    """

    def lists(self) -> Mapping[str, str]: ...
    def keep(self, lists: Mapping[str, str]) -> None: ...


class PlaceOfValue(NamedTuple):
    """Where a value that is not revoked stands, in a list and in its record."""

    jti: str
    idx: int
    token_id: str
    current_jti: str
    owner_id: str


class Recovery(Protocol):
    async def need(self) -> bool:
        """Note that the database is older than what was published; False if that is noted."""

    async def done(self) -> None: ...
    async def lift(self, name: str, value: int) -> None:
        """Set a counter, never backwards."""

    async def last_position(self) -> int:
        """Of the lists there are; -1 where there is none."""

    async def add_list(self, list_id: str, position: int, now: int) -> None:
        """One that the database has forgotten."""

    async def unrevoked(self, list_id: str) -> list[PlaceOfValue]: ...
    async def end_sessions(self, now: int) -> int: ...
