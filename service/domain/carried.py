"""What live values carry, and what of it is more than is allowed."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from service.domain.user import Grant


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """One live value, with its owner's grant.

    `is_current` is false for one that goes on in its overlap, maybe with other scopes than its record's.
    """

    token_id: str
    owner_id: str
    note: str
    jti: str
    is_current: bool
    scopes: tuple[str, ...]
    grant: Grant


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How many live tokens carry just these scopes, of owners with just this grant."""

    scopes: tuple[str, ...]
    grant: Grant
    tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Beyond:
    """A record of which live values carry `scopes` that they may not.

    `whole`: its current value is among them, and the record ends with it; else all its values but `kept` end.
    """

    token_id: str
    owner_id: str
    note: str
    scopes: tuple[str, ...]
    whole: bool
    kept: frozenset[str]


def beyond(carried: Iterable[Carried], judge: Callable[[Carried], Sequence[str]]) -> tuple[Beyond, ...]:
    """The records of which `judge` finds scopes that go too far. Values of one record stand side by side."""
    found: list[Beyond] = []
    for token_id, group in groupby(carried, lambda value: value.token_id):
        judged = [(value, judge(value)) for value in group]
        if any(scopes for _, scopes in judged):
            found.append(
                Beyond(
                    token_id=token_id,
                    owner_id=judged[0][0].owner_id,
                    note=judged[0][0].note,
                    scopes=tuple(dict.fromkeys(name for _, scopes in judged for name in scopes)),
                    whole=any(value.is_current and scopes for value, scopes in judged),
                    kept=frozenset(value.jti for value, scopes in judged if not scopes),
                )
            )
    return tuple(found)
