"""The scopes of one deployment as a value, and the two questions asked of it: `covers` and `allows`.

Both are pure and never raise, so that a scope that has left the catalogue still means what its name says
until its last token ends. New tokens go through `resolve`, which knows no mercy.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

from safeconduct.document import Document, Table
from safeconduct.family import Allowed, Family
from safeconduct.family_document import Vocabulary, read_family, write_family
from safeconduct.scope import Scope, UnknownScope, covers_by_name, scope_names

_IDENTIFIER = re.compile(r"[a-z][a-z0-9_]{0,63}")


@dataclass(frozen=True, slots=True)
class ScopeCatalogue:
    """Every scope there is. `operations` are in reading order; `entities` are (name, title) pairs.

    `granted` is everywhere either a `scope` claim as it stands in a token, or a collection of names.
    """

    operations: tuple[str, ...] = ()
    entities: tuple[tuple[str, str], ...] = ()
    families: tuple[Family, ...] = ()
    _by_name: dict[str, Scope] = field(init=False, repr=False, compare=False)  # by alias as well

    def __post_init__(self) -> None:
        every = [scope for family in self.families for scope in family.scopes(self._sentence)]
        every.sort(key=lambda scope: (scope.family, scope.name))
        by_name = {alias: scope for scope in every for alias in scope.aliases}
        by_name |= {scope.name: scope for scope in every}
        object.__setattr__(self, "_by_name", by_name)

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Read the members `operations`, `entities` and `families`.

        Raises:
            CatalogueInvalid: with every fault at once.
        """
        reading = Document(document)
        catalogue = cls.read(reading.root)
        reading.finish()
        return catalogue

    @classmethod
    def read(cls, table: Table) -> Self:
        """The same as a part of a larger document, whose reader finishes it; answers what it understood."""
        operations = table.words("operations")
        titles = table.table("entities")
        entities = tuple((entity, titles.text(entity)) for entity in titles.names())
        for member, names in (("operations", operations), ("entities", titles.names())):
            for name in names:
                if not _IDENTIFIER.fullmatch(name):
                    table.fault(f"{name!r} must be lower case letters, digits and _", member)
        vocabulary = Vocabulary(operations, titles.names())
        families = (
            read_family(name, below, vocabulary) for name, below in table.table("families").subtables()
        )
        catalogue = cls(operations, entities, tuple(families))
        catalogue._check_aliases(table)
        return catalogue

    def to_document(self) -> dict[str, Any]:
        """Plain lists and dicts that read as an equal catalogue; equal catalogues give equal documents."""
        document = {
            "operations": list(self.operations),
            "entities": dict(self.entities),
            "families": {family.name: write_family(family) for family in self.families},
        }
        return {name: value for name, value in document.items() if value}

    def scopes(self) -> tuple[str, ...]:
        """Every name, by family and then by name; aliases are not among them."""
        return tuple(name for name, scope in self._by_name.items() if name == scope.name)

    def scope(self, name: str) -> Scope:
        """One scope, by its name or an alias. Raises UnknownScope."""
        try:
            return self._by_name[name]
        except KeyError:
            raise UnknownScope((name,)) from None

    def canonical(self, name: str) -> str:
        """The name under which a scope is answered and signed. Raises UnknownScope."""
        return self.scope(name).name

    def resolve(self, names: Iterable[str]) -> tuple[str, ...]:
        """Canonical names in the order given, duplicates folded.

        Raises:
            UnknownScope: with all the names that are not known.
        """
        canonical = self._folded(names)
        unknown = tuple(name for name in canonical if name not in self._by_name)
        if unknown:
            raise UnknownScope(unknown)
        return canonical

    def covers(self, granted: str | Collection[str], wanted: str) -> bool:
        """Whether somebody who holds `granted` holds the one scope `wanted`."""
        known = self._by_name.get(wanted)
        wanted = wanted if known is None else known.name
        for name in scope_names(granted):
            held = self._by_name.get(name)
            if held is not None and (held.name == wanted or wanted in held.covers):
                return True
            if covers_by_name(name, wanted):
                return True
        return False

    def beyond(self, granted: str | Collection[str], wanted: str | Collection[str]) -> tuple[str, ...]:
        """Those of `wanted` that `granted` does not cover, in order; empty when it covers them all."""
        return tuple(name for name in scope_names(wanted) if not self.covers(granted, name))

    def reduced(self, names: Iterable[str]) -> tuple[str, ...]:
        """The fewest of these names that together cover all of them, in order."""
        canonical = self._folded(names)
        return tuple(
            name for name in canonical if not any(self.covers((o,), name) for o in canonical if o != name)
        )

    def allows(self, granted: str | Collection[str], entity: str, operation: str) -> bool:
        """Whether `granted` is enough to do `operation` to an `entity`. Its owner's rights still cap it."""
        asked = (entity, operation)
        for name in scope_names(granted):
            held = self._by_name.get(name)
            if held is not None and asked in held.allows:
                return True
        return False

    def in_words(self, granted: str | Collection[str]) -> str:
        """What all of `granted` together allows: "read Connectors and Connector Actions"."""
        held = (self._by_name[name] for name in scope_names(granted) if name in self._by_name)
        return self._sentence(frozenset[tuple[str, str]]().union(*(scope.allows for scope in held)))

    def _folded(self, names: Iterable[str]) -> tuple[str, ...]:
        known = self._by_name
        return tuple(dict.fromkeys(known[name].name if name in known else name for name in names))

    def _sentence(self, allowed: Allowed) -> str:
        """Entities that allow the same are said together, in the order in which families list them."""
        titles = dict(self.entities)
        listed = [entity for family in self.families for entity in family.entities]
        together: dict[tuple[str, ...], list[str]] = {}
        for entity in dict.fromkeys([*listed, *titles]):
            operations = tuple(word for word in self.operations if (entity, word) in allowed)
            if operations:
                together.setdefault(operations, []).append(titles[entity])
        phrases = (f"{_and(operations)} {_and(entities)}" for operations, entities in together.items())
        return "; ".join(phrases) or "nothing"

    def _check_aliases(self, table: Table) -> None:
        taken = set(self.scopes())
        for family in self.families:
            for level in family.levels:
                for alias in sorted(level.aliases & taken):
                    text = f"{alias!r} names another scope already"
                    table.fault(text, "families", family.name, "levels", level.name, "aliases")
                taken |= level.aliases


def _and(words: Collection[str]) -> str:
    *first, last = (word.replace("_", " ") for word in words)
    return f"{', '.join(first)} and {last}" if first else last


EXACT: Final = ScopeCatalogue()
"""For a verifier that was given no catalogue: a scope covers itself, and a prefix what is under it."""
