"""Reading a catalogue from a plain dict, noting everything that is wrong with it before refusing.

A `Table` never raises: a member that is missing or of the wrong kind is noted with its path, and an
acceptable stand-in is answered so that reading goes on. `Document.finish` raises what was noted, together
with every member that nobody asked for.
"""

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from safeconduct.errors import SafeconductError

LONGEST_TEXT: Final = 255
LONGEST_LINK: Final = 2048

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_LINK = re.compile(r"https?://[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]+")  # RFC 3986 section 2


@dataclass(frozen=True, slots=True, order=True)
class CatalogueFault:
    """One thing wrong with a catalogue, and where: `families.connectors.levels.view.covers`."""

    path: str
    text: str

    def __str__(self) -> str:
        return f"{self.path}: {self.text}" if self.path else self.text


class CatalogueInvalid(SafeconductError):
    """The document is no catalogue. `faults` holds all that is wrong with it, ordered by path."""

    code: ClassVar[str] = "catalogue_invalid"

    def __init__(self, faults: Iterable[CatalogueFault]) -> None:
        self.faults = tuple(sorted(faults))
        super().__init__("\n".join(map(str, self.faults)))


class Table:
    """One table of a document: members are read by name, each once, and checked while they are read."""

    __slots__ = ("_asked", "_document", "_members", "path")

    def __init__(self, document: "Document", path: str, members: Mapping[str, Any]) -> None:
        self.path = path
        self._document = document
        self._members = members
        self._asked: set[str] = set()
        document.tables.append(self)

    def fault(self, text: str, *below: str | int) -> None:
        """Note that the member at `below` (names and positions, from here) is wrong."""
        path = self.path
        for step in below:
            path = f"{path}[{step}]" if isinstance(step, int) else _joined(path, step)
        self._document.faults.append(CatalogueFault(path, text))

    def names(self) -> tuple[str, ...]:
        """The names of all members, sorted."""
        return tuple(sorted(self._members))

    def unasked(self) -> Iterator[str]:
        """The members that nobody has read."""
        return (name for name in self._members if name not in self._asked)

    def __contains__(self, name: str) -> bool:
        return name in self._members

    def text(self, name: str, *, default: str | None = None, longest: int = LONGEST_TEXT) -> str:
        """Words for people: neither empty nor blank at an end, without control characters."""
        value: str | None = self._member(name, str, "text", required=default is None)
        if value is None:
            return default or ""
        if not value or value != value.strip() or not value.isprintable() or len(value) > longest:
            self.fault(f"must be 1 to {longest} printable characters without blanks at the ends", name)
        return value

    def link(self, name: str) -> str:
        """An absolute http(s) address, or nothing: pages make it clickable, so no other scheme passes."""
        value = self.text(name, default="", longest=LONGEST_LINK)
        if value and not _LINK.fullmatch(value):
            self.fault("must be an http:// or https:// address", name)
        return value

    def flag(self, name: str, *, default: bool) -> bool:
        """True or false, nothing that is merely like it."""
        value: bool | None = self._member(name, bool, "true or false")
        return default if value is None else value

    def number(self, name: str, *, default: int, least: int, most: int) -> int:
        """A whole number between two bounds, both included."""
        value: int | None = self._member(name, int, "a whole number")
        if value is None:
            return default
        if not least <= value <= most:
            self.fault(f"must be {least} to {most}", name)
        return value

    def choice(self, name: str, among: Collection[str], *, default: str | None = None) -> str:
        """One of a few words."""
        value: str | None = self._member(name, str, "text", required=default is None)
        if value is None:
            return default or ""
        if value not in among:
            self.fault(f"{value!r} is not one of {', '.join(among)}", name)
        return value

    def words(self, name: str, *, required: bool = False, may_be_empty: bool = False) -> tuple[str, ...]:
        """A list of names, none of them twice.

        An empty one is a fault unless the caller says otherwise: half of its readers would take it for "all".
        """
        items: list[Any] | None = self._member(name, list, "a list of names", required=required)
        words: list[str] = []
        for index, item in enumerate(items or ()):
            if not isinstance(item, str) or not item:
                self.fault("must be a name", name, index)
            elif item in words:
                self.fault(f"{item!r} stands here twice", name, index)
            else:
                words.append(item)
        if items == [] and not may_be_empty:
            self.fault("must name at least one", name)
        return tuple(words)

    def known(self, name: str, among: Collection[str], *, required: bool = False) -> tuple[str, ...]:
        """A list of names that are defined elsewhere; answers those that really are."""
        words = self.words(name, required=required)
        for word in words:
            if word not in among:
                self.fault(f"{word!r} is not known here", name)
        return tuple(word for word in words if word in among)

    def table(self, name: str) -> "Table":
        """The table under this name; an empty one when there is none."""
        return Table(self._document, _joined(self.path, name), self._member(name, dict, "a table") or {})

    def subtables(self) -> Iterator[tuple[str, "Table"]]:
        """Every member that is a table, as one of its own, with its name, sorted; any other is a fault."""
        for name in self.names():
            if self._member(name, dict, "a table") is not None:
                yield name, self.table(name)

    def array(self, name: str) -> Iterator["Table"]:
        """The tables of an array of tables, in order."""
        for index, item in enumerate(self._member(name, list, "an array of tables") or ()):
            if isinstance(item, dict):
                yield Table(self._document, f"{_joined(self.path, name)}[{index}]", item)
            else:
                self.fault("must be a table", name, index)

    def raw(self, name: str) -> object:
        """The member as it stands, None when it is absent; the caller checks it."""
        self._asked.add(name)
        return self._members.get(name)

    def _member(self, name: str, kind: type, words: str, *, required: bool = False) -> Any:
        """The member if it is there and of this very type (a boolean is no number); else None, noted."""
        value = self.raw(name)
        if name not in self._members:
            if required:
                self.fault("is missing", name)
            return None
        if type(value) is not kind:
            self.fault(f"must be {words}", name)
            return None
        return value


class Document:
    """A whole document under examination: its `root` table, and every fault noted so far."""

    def __init__(self, members: Mapping[str, Any]) -> None:
        self.faults: list[CatalogueFault] = []
        self.tables: list[Table] = []
        self.root = Table(self, "", members)

    def finish(self) -> None:
        """Raise CatalogueInvalid unless the document is faultless and every member was read."""
        for table in self.tables:
            for name in table.unasked():
                table.fault("is not a member that exists here", name)
        if self.faults:
            raise CatalogueInvalid(self.faults)


def _joined(path: str, name: str) -> str:
    key = name if _BARE_KEY.fullmatch(name) else json.dumps(name)
    return f"{path}.{key}" if path else key
