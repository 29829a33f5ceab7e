"""Families of scopes: either one name with levels after a colon, or dotted methods with their prefixes."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from safeconduct.scope import Scope, prefixes

PLAIN: Final = "plain"
"""The level without a suffix: `connectors`, not `connectors:plain`."""

Allowed = frozenset[tuple[str, str]]
"""(entity, operation) pairs."""

Wording = Callable[[Allowed], str]
"""Says in words what a set of pairs allows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """What one suffix of a family gives: some operations, on all of the family's entities or on a few."""

    name: str
    operations: frozenset[str]
    entities: frozenset[str] | None = None
    covers: frozenset[str] = frozenset()
    aliases: frozenset[str] = frozenset()
    title: str = ""
    documentation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """One callable method, a scope by its dotted name."""

    name: str
    entity: str
    operation: str
    title: str = ""
    documentation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Scopes that belong together. Either `levels` or `methods` is filled.

    `only` caps an entity within this family, whatever a level gives: `automation` only reads Env Variables.
    """

    name: str
    title: str
    documentation: str = ""
    entities: tuple[str, ...] = ()
    only: tuple[tuple[str, frozenset[str]], ...] = ()
    levels: tuple[Level, ...] = ()
    methods: tuple[Method, ...] = ()

    def scope_name(self, level: str) -> str:
        """The scope that a level of this family is asked for by."""
        return self.name if level == PLAIN else f"{self.name}:{level}"

    def scopes(self, wording: Wording) -> Iterator[Scope]:
        """Every scope of the family, in no order that means anything."""
        yield from _level_scopes(self, wording)
        yield from _method_scopes(self, wording)


def closure(covers: Mapping[str, frozenset[str]], start: str) -> frozenset[str]:
    """All that `start` covers, over any number of steps; `start` itself only where they run in a circle."""
    reached: set[str] = set()
    ahead = [start]
    while ahead:
        fresh = covers.get(ahead.pop(), frozenset()) - reached
        reached |= fresh
        ahead.extend(fresh)
    return frozenset(reached)


def _level_scopes(family: Family, wording: Wording) -> Iterator[Scope]:
    cap = dict(family.only)
    covers = {level.name: level.covers for level in family.levels}
    own = {
        level.name: frozenset(
            (entity, operation)
            for entity in (family.entities if level.entities is None else level.entities)
            for operation in level.operations
            if operation in cap.get(entity, level.operations)
        )
        for level in family.levels
    }
    for level in family.levels:
        below = closure(covers, level.name) & own.keys()
        allows = own[level.name].union(*(own[name] for name in below))
        suffix = "" if level.name == PLAIN else f": {level.name.replace('_', ' ')}"
        yield Scope(
            name=family.scope_name(level.name),
            family=family.name,
            title=level.title or family.title + suffix,
            words=wording(allows),
            documentation=level.documentation or family.documentation,
            allows=allows,
            covers=frozenset(map(family.scope_name, below)),
            aliases=tuple(sorted(level.aliases)),
        )


def _method_scopes(family: Family, wording: Wording) -> Iterator[Scope]:
    below: dict[str, list[Method]] = {}
    for method in family.methods:
        allows = frozenset({(method.entity, method.operation)})
        yield Scope(
            name=method.name,
            family=family.name,
            title=method.title or method.name,
            words=wording(allows),
            documentation=method.documentation or family.documentation,
            allows=allows,
        )
        for prefix in prefixes(method.name):
            below.setdefault(prefix, []).append(method)
    for prefix, methods in below.items():
        allows = frozenset((method.entity, method.operation) for method in methods)
        under = {name for method in methods for name in (method.name, *prefixes(method.name))}
        yield Scope(
            name=prefix,
            family=family.name,
            title=f"{family.title}: everything under {prefix.removesuffix('.*')}",
            words=wording(allows),
            documentation=family.documentation,
            allows=allows,
            covers=frozenset(name for name in under if name != prefix and name.startswith(prefix[:-1])),
        )
