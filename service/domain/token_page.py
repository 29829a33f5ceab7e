"""A list of one's own tokens: which of them, and how they stand together."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenPage:
    """Which tokens of one owner to list, all or those that `parent_id` made. `states` empty means all but revoked.

    `sort` is one of created, expires, last_used, name, with `descending`; `after` is the (sort value, sequence) of
    the last row of the page before; the value of a name is 0, its row is found by the sequence.
    """

    owner_id: str
    parent_id: str | None = None
    states: frozenset[str] = frozenset()
    search: str | None = None
    scope: str | None = None
    sort: str = "created"
    descending: bool = True
    after: tuple[int, int] | None = None
    limit: int = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenCounts:
    """How many are in each state; `ending` of the active ones end soon, the first of them at `ends_next`."""

    active: int = 0
    expired: int = 0
    suspended: int = 0
    revoked: int = 0
    ending: int = 0
    ends_next: int | None = None
