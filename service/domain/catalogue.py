"""The catalogue: what tokens may carry, for which APIs, under which policy; as one value and one document.

The operator writes it as TOML; the database keeps its canonical JSON, so that all replicas have the same one.
"""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, Self

from safeconduct.catalogue import EXACT, ScopeCatalogue
from safeconduct.document import CatalogueFault, CatalogueInvalid, Document, Table
from safeconduct.scope import is_prefix

from service.domain.audience import Audience, read_audiences, write_audience
from service.domain.declared import Declared, read_declared
from service.domain.errors import Refused
from service.domain.policy import Policy, read_policy, write_policy
from service.domain.scope_lists import knows, read_scopes

MOST_SCOPES: Final = 100
"""The most scopes that one token, and so one set, may list."""

Meaning = frozenset[tuple[str, str]]
"""What a scope allowed when it was retired: (entity, operation) pairs."""


class UnknownAudience(Refused):
    """No API is registered under this id."""

    code: ClassVar[str] = "unknown_audience"


@dataclass(frozen=True, slots=True)
class ScopeSet:
    """Scopes that are picked together. A token is made with the scopes; it never knows of the set."""

    name: str
    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueDocument:
    """Everything that `safeconduct apply` puts in force. Sets and audiences are in the order people see.

    `default_grant` is what a new user may hand out, None for everything. `retired_scopes` are tombstones:
    names that are gone, each with what it allowed, so that none returns with another meaning (threats 33).
    Without arguments it is the catalogue of a deployment that has none yet: nothing can be asked for.
    """

    scopes: ScopeCatalogue = EXACT
    sets: tuple[ScopeSet, ...] = ()
    audiences: tuple[Audience, ...] = ()
    default_grant: tuple[str, ...] | None = None
    policy: Policy = field(default_factory=Policy)
    retired_scopes: tuple[tuple[str, Meaning], ...] = ()

    @classmethod
    def from_toml(cls, text: str, *, issuer: str) -> Self:
        """Read an operator's file; `{issuer}` in any of its strings becomes the issuer.

        Raises:
            CatalogueInvalid: with every fault at once, or where the text stops being TOML.
        """
        return cls.of_file(text, issuer=issuer)[0]

    @classmethod
    def of_file(cls, text: str, *, issuer: str) -> tuple[Self, Declared]:
        """The same, with the accounts and clients that the file declares."""
        reading = Document(_with_issuer(_parsed(text), issuer))
        root, grants = reading.root, reading.root.table("grants")
        document = cls._read(root, grants)
        ids = [audience.id for audience in document.audiences]
        default = next((audience.id for audience in document.audiences if audience.default), "")
        declared = read_declared(root, grants, document.scopes, ids, default)
        reading.finish()
        return document, declared

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote. Raises CatalogueInvalid."""
        return cls.from_document(json.loads(text))

    @classmethod
    def from_document(cls, members: Mapping[str, Any]) -> Self:
        """Read plain dicts and lists.

        Raises:
            CatalogueInvalid: with every fault at once.
        """
        reading = Document(members)
        document = cls._read(reading.root, reading.root.table("grants"))
        reading.finish()
        return document

    @classmethod
    def _read(cls, root: Table, grants: Table) -> Self:
        scopes = ScopeCatalogue.read(root)
        return cls(
            scopes=scopes,
            sets=_read_sets(root, scopes),
            audiences=read_audiences(root, [family.name for family in scopes.families]),
            default_grant=read_scopes(grants, "default", scopes) if "default" in grants else None,
            policy=read_policy(root.table("policy")),
            retired_scopes=_read_retired(root.table("retired_scopes"), scopes),
        )

    def to_document(self) -> dict[str, Any]:
        """Plain dicts and lists that read as an equal catalogue."""
        grants = {} if self.default_grant is None else {"default": list(self.default_grant)}
        return self.scopes.to_document() | {
            "sets": [{"name": each.name, "scopes": list(each.scopes)} for each in self.sets],
            "audiences": [write_audience(audience) for audience in self.audiences],
            "grants": grants,
            "policy": write_policy(self.policy),
            "retired_scopes": {name: _say(meaning) for name, meaning in self.retired_scopes},
        }

    def to_json(self) -> str:
        """The canonical text: equal catalogues, and only they, have equal texts."""
        return json.dumps(self.to_document(), ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    @property
    def default_audience(self) -> Audience:
        """The API that a token is for when its maker names none. Raises UnknownAudience if there is none."""
        for audience in self.audiences:
            if audience.default:
                return audience
        raise UnknownAudience("no API is registered")

    def audience(self, audience_id: str) -> Audience:
        """The API registered under this id. Raises UnknownAudience."""
        for audience in self.audiences:
            if audience.id == audience_id:
                return audience
        raise UnknownAudience(f"{audience_id!r} is not registered")

    def lost_from(self, old: Self) -> tuple[str, ...]:
        """Scopes of `old` that this catalogue no longer knows, also not as an alias."""
        return tuple(name for name in old.scopes.scopes() if not knows(self.scopes, name))

    def after(self, old: Self) -> Self:
        """This catalogue as the successor of `old`: with its tombstones, and one for each scope that goes.

        Prefix scopes get none: they always mean what is under them.

        Raises:
            CatalogueInvalid: a retired name is back with another meaning.
        """
        gone = [
            name for name in old.scopes.scopes() if name not in self.scopes.scopes() and not is_prefix(name)
        ]
        retired = {
            **dict(self.retired_scopes),
            **dict(old.retired_scopes),
            **{name: old.scopes.scope(name).allows for name in gone},
        }
        members = self.to_document() | {"retired_scopes": {name: _say(retired[name]) for name in retired}}
        return self.from_document(members)


def _read_sets(root: Table, scopes: ScopeCatalogue) -> tuple[ScopeSet, ...]:
    sets: list[ScopeSet] = []
    for table in root.array("sets"):
        each = ScopeSet(table.text("name"), read_scopes(table, "scopes", scopes, required=True))
        if any(each.name == other.name for other in sets):
            table.fault(f"{each.name!r} stands here twice", "name")
        if len(each.scopes) > MOST_SCOPES:
            table.fault(f"a token carries at most {MOST_SCOPES} scopes; use prefixes", "scopes")
        sets.append(each)
    return tuple(sets)


def _read_retired(table: Table, scopes: ScopeCatalogue) -> tuple[tuple[str, Meaning], ...]:
    """Tombstones that still stand: one whose name is back with its old meaning has gone."""
    retired: list[tuple[str, Meaning]] = []
    for name in table.names():
        said = [tuple(words.split(" ")) for words in table.words(name, may_be_empty=True)]
        meaning = frozenset((pair[1], pair[0]) for pair in said if len(pair) == 2)
        if len(meaning) != len(said):
            table.fault('must list what the scope allowed, like "read teams"', name)
        elif not knows(scopes, name):
            retired.append((name, meaning))
        elif (now := scopes.scope(name).allows) != meaning:
            was, new = (", ".join(_say(each)) or "nothing" for each in (meaning, now))
            table.fault(
                f"was retired and may not return with another meaning: it allowed {was}; now {new}", name
            )
    return tuple(retired)


def _say(meaning: Meaning) -> list[str]:
    return sorted(f"{operation} {entity}" for entity, operation in meaning)


def _parsed(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CatalogueInvalid([CatalogueFault("", f"is no TOML: {error}")]) from None
    except RecursionError:
        raise CatalogueInvalid([CatalogueFault("", "is nested too deeply")]) from None


def _with_issuer(value: Any, issuer: str) -> Any:
    match value:
        case str():
            return value.replace("{issuer}", issuer)
        case list():
            return [_with_issuer(item, issuer) for item in value]
        case dict():
            return {name: _with_issuer(item, issuer) for name, item in value.items()}
    return value
