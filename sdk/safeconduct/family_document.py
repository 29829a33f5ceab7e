"""Families of scopes as plain dicts: what `families.*` of a document may say, and their canonical form."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from safeconduct.document import Table
from safeconduct.family import Family, Level, Method, closure
from safeconduct.scope import LONGEST_SCOPE, WORD, is_scope


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The operations and entities that a catalogue's families may speak of."""

    operations: Collection[str]
    entities: Collection[str]


def read_family(name: str, table: Table, vocabulary: Vocabulary) -> Family:
    """One family; what is wrong with it is noted in the table's document."""
    if not WORD.fullmatch(name) or len(name) > LONGEST_SCOPE:
        table.fault("is no name for a family: scope characters of RFC 6749 section 3.3 without * . :")
    entities = table.known("entities", vocabulary.entities, required="levels" in table)
    if "entities" in table and "levels" not in table:
        table.fault("belongs to families with levels; a method names its own entity", "entities")
    family = Family(
        name=name,
        title=table.text("title"),
        documentation=table.link("documentation"),
        entities=entities,
        only=_read_caps(table.table("only"), entities, vocabulary),
        levels=tuple(
            _read_level(name, level, below, vocabulary, entities)
            for level, below in table.table("levels").subtables()
        ),
        methods=tuple(
            _read_method(name, method, below, vocabulary)
            for method, below in table.table("methods").subtables()
        ),
    )
    if bool(family.levels) == bool(family.methods):
        table.fault("must have either levels or methods")
    _check_levels(family, table)
    return family


def _read_caps(
    table: Table, entities: Collection[str], vocabulary: Vocabulary
) -> tuple[tuple[str, frozenset[str]], ...]:
    for entity in table.names():
        if entity not in entities:
            table.fault("is not an entity of this family", entity)
    return tuple((entity, frozenset(table.known(entity, vocabulary.operations))) for entity in table.names())


def _read_level(
    family: str, name: str, table: Table, vocabulary: Vocabulary, entities: Collection[str]
) -> Level:
    if not WORD.fullmatch(name) or len(f"{family}:{name}") > LONGEST_SCOPE:
        table.fault("is no name for a level: scope characters of RFC 6749 section 3.3 without * . :")
    aliases = table.words("aliases")
    for alias in aliases:
        if not is_scope(alias) or "." in alias:
            table.fault(f"{alias!r} is no undotted scope name", "aliases")
    return Level(
        name=name,
        operations=frozenset(table.known("operations", vocabulary.operations, required=True)),
        entities=frozenset(table.known("entities", entities)) if "entities" in table else None,
        covers=frozenset(table.words("covers")),
        aliases=frozenset(aliases),
        title=table.text("title", default=""),
        documentation=table.link("documentation"),
    )


def _check_levels(family: Family, table: Table) -> None:
    covers = {level.name: level.covers for level in family.levels}
    allows = {scope.name: scope.allows for scope in family.scopes(lambda _: "")}
    for level in family.levels:
        if level.operations and family.entities and not allows[family.scope_name(level.name)]:
            table.fault("allows nothing: `only` takes away all of it", "levels", level.name)
        for other in sorted(level.covers - covers.keys()):
            table.fault(f"{other!r} is not a level of this family", "levels", level.name, "covers")
        if level.name in closure(covers, level.name):
            table.fault(
                "covers itself; of two levels only one may cover the other", "levels", level.name, "covers"
            )


def _read_method(family: str, name: str, table: Table, vocabulary: Vocabulary) -> Method:
    if not is_scope(name) or "*" in name or not name.startswith(f"{family}."):
        table.fault(f"is no dotted scope name that begins with {family}.")
    return Method(
        name=name,
        entity=table.choice("entity", vocabulary.entities),
        operation=table.choice("operation", vocabulary.operations),
        title=table.text("title", default=""),
        documentation=table.link("documentation"),
    )


def write_family(family: Family) -> dict[str, Any]:
    """The table that reads as this family again; members that say nothing are left out."""
    return _without_empty(
        {
            "title": family.title,
            "documentation": family.documentation,
            "entities": list(family.entities),
            "only": {entity: sorted(operations) for entity, operations in family.only},
            "levels": {level.name: _write_level(level) for level in family.levels},
            "methods": {method.name: _write_method(method) for method in family.methods},
        }
    )


def _write_level(level: Level) -> dict[str, Any]:
    return _without_empty(
        {
            "title": level.title,
            "documentation": level.documentation,
            "operations": sorted(level.operations),
            "entities": sorted(level.entities or ()),
            "covers": sorted(level.covers),
            "aliases": sorted(level.aliases),
        }
    )


def _write_method(method: Method) -> dict[str, Any]:
    return _without_empty(
        {
            "title": method.title,
            "documentation": method.documentation,
            "entity": method.entity,
            "operation": method.operation,
        }
    )


def _without_empty(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value}
