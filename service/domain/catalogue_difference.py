"""What changes when one catalogue follows another, for `safeconduct apply --dry-run` and the audit."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from safeconduct.scope import Scope

from service.domain.catalogue import CatalogueDocument

Kind = Literal["added", "removed", "changed"]
Members = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that is `added`, `removed` or `changed`: a family, scope, set, audience, policy member, ….

    `was` and `now` hold plain JSON values; of a changed table only the members that differ.
    """

    kind: Kind
    what: str
    name: str
    was: Any = None
    now: Any = None

    def __str__(self) -> str:
        subject = f"{self.kind} {self.what} {self.name}"
        if self.kind != "changed":
            return subject
        if not isinstance(self.was, dict) or not isinstance(self.now, dict):
            return f"{subject}: {_say(self.was)} → {_say(self.now)}"
        members = sorted(self.was.keys() | self.now.keys())
        told = (f"{name} {_say(self.was.get(name))} → {_say(self.now.get(name))}" for name in members)
        return f"{subject}: {'; '.join(told)}"


def difference(old: CatalogueDocument, new: CatalogueDocument) -> tuple[Change, ...]:
    """What `new`, as it will be stored (`new.after(old)`), changes in `old`; empty only if they are equal.

    Which scopes are lost to live tokens is told by `new.lost_from(old)`.
    """
    before, after = _sections(old), _sections(new)
    changes = [change for what in before for change in _compare(what, before[what], after[what])]
    return (*changes, *_moved(_orders(old), _orders(new)))


def _sections(catalogue: CatalogueDocument) -> dict[str, Members]:
    """What a catalogue says, by the headings that people look for: both a family's edit and its effect."""
    document = catalogue.to_document()
    scopes = catalogue.scopes
    return {
        "family": {name: _flat(family) for name, family in document.get("families", {}).items()},
        "scope": {name: _effect(scopes.scope(name)) for name in scopes.scopes()},
        "operation": {name: name for name in scopes.operations},
        "entity": dict(scopes.entities),
        "set": {each.name: list(each.scopes) for each in catalogue.sets},
        "audience": {each["id"]: each for each in document["audiences"]},
        "grant": {"default": document["grants"].get("default", "everything")},
        "policy": document["policy"],
        "retired scope": document["retired_scopes"],
    }


def _effect(scope: Scope) -> Members:
    return {"allows": scope.words, "covers": sorted(scope.covers)}


def _flat(table: Members, path: str = "") -> dict[str, Any]:
    """A table of tables as one, its members named by their paths."""
    flat: dict[str, Any] = {}
    for name, value in table.items():
        flat |= _flat(value, f"{path}{name}.") if isinstance(value, dict) else {f"{path}{name}": value}
    return flat


def _compare(what: str, before: Members, after: Members) -> Iterator[Change]:
    for name in sorted(before.keys() | after.keys()):
        if name not in after:
            yield Change(kind="removed", what=what, name=name, was=before[name])
        elif name not in before:
            yield Change(kind="added", what=what, name=name, now=after[name])
        elif before[name] != after[name]:
            was, now = _unlike(before[name], after[name]), _unlike(after[name], before[name])
            yield Change(kind="changed", what=what, name=name, was=was, now=now)


def _unlike(value: Any, other: Any) -> Any:
    """Of two tables the members that differ; anything else as it is."""
    if not isinstance(value, dict) or not isinstance(other, dict):
        return value
    return {name: each for name, each in value.items() if name not in other or other[name] != each}


def _orders(catalogue: CatalogueDocument) -> Mapping[str, Sequence[str]]:
    return {
        "operations": catalogue.scopes.operations,
        "sets": tuple(each.name for each in catalogue.sets),
        "audiences": tuple(audience.id for audience in catalogue.audiences),
    }


def _moved(before: Mapping[str, Sequence[str]], after: Mapping[str, Sequence[str]]) -> Iterator[Change]:
    """Lists whose order people see, where what stays changes places."""
    for name in before:
        was = [each for each in before[name] if each in after[name]]
        now = [each for each in after[name] if each in before[name]]
        if was != now:
            yield Change(kind="changed", what="order of", name=name, was=was, now=now)


def _say(value: Any) -> str:
    match value:
        case None | []:
            return "nothing"
        case str():
            return f'"{value}"'
        case list():
            return ", ".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)
