"""Scope names: what they look like, and which covers which by its name alone.

`name`, `name:level`, dotted methods like `environment.control.stopenv`, and prefixes like
`environment.control.*`, in the characters of RFC 6749 section 3.3. Names are compared byte for byte.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Final

from safeconduct.errors import SafeconductError

LONGEST_SCOPE: Final = 128
"""Characters of the longest scope name."""

_WORD = r"[\x21\x23-\x29\x2b-\x2d\x2f-\x39\x3b-\x5b\x5d-\x7e]+"  # scope-token without * . :
WORD: Final = re.compile(_WORD)
_SCOPE = re.compile(rf"{_WORD}(?::{_WORD}|(?:\.{_WORD})*(?:\.\*)?)")


class UnknownScope(SafeconductError):
    """The catalogue has no such scope. `names` holds every unknown one that was asked for."""

    code: ClassVar[str] = "unknown_scope"

    def __init__(self, names: Iterable[str]) -> None:
        self.names = tuple(names)
        super().__init__(f"unknown scope: {', '.join(map(repr, self.names))}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """One scope of a catalogue, as a page or a consent shows it.

    `allows` holds (entity, operation) pairs and `words` says them; `covers` names the other scopes that it
    includes. `allows` is never less than what the covered scopes allow.
    """

    name: str
    family: str
    title: str
    words: str
    documentation: str
    allows: frozenset[tuple[str, str]]
    covers: frozenset[str] = frozenset()
    aliases: tuple[str, ...] = ()


def is_scope(name: str) -> bool:
    """Whether a catalogue may hold this name: at most 128 characters, `*` only as the last dotted segment."""
    return len(name) <= LONGEST_SCOPE and _SCOPE.fullmatch(name) is not None


def is_prefix(name: str) -> bool:
    """Whether the name stands for everything below it."""
    return name.endswith(".*")


def prefixes(name: str) -> Iterator[str]:
    """Every prefix scope above a dotted name, widest first: `a.b.c` is under `a.*` and `a.b.*`."""
    segments = name.split(".")
    return (".".join(segments[:length]) + ".*" for length in range(1, len(segments)))


def covers_by_name(granted: str, wanted: str) -> bool:
    """Whether two names alone settle it: they are equal, or `granted` is a prefix of `wanted`."""
    return granted == wanted != "" or (is_prefix(granted) and wanted.startswith(granted[:-1]))


def scope_names(granted: str | Collection[str]) -> Collection[str]:
    """The names in a `scope` claim: split at single spaces and nothing else (RFC 6749 section 3.3)."""
    return granted.split(" ") if isinstance(granted, str) else granted
