"""Which tokens the list shows: what its address says, and the addresses of its neighbours."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from service.application.list_tokens import TokenListing
from service.domain.token import TokenState
from service.domain.token_page import TokenPage

PAGE: Final = 25
SORTS: Final = ("created", "expires", "last_used", "name")
CHOICES: Final = ("-created", "name", "expires", "-last_used", "last_used")
"""The orders that the list offers in words."""
_RISING: Final = frozenset({"name", "expires"})
"""Columns whose first order is the rising one: A before Z, what ends first."""
_CURSOR: Final = re.compile(r"(-?[0-9]{1,18})\.(-?[0-9]{1,18})", re.ASCII)
_LONGEST: Final = 255


@dataclass(frozen=True, slots=True)
class ListQuery:
    """What somebody looks for. `state` empty shows all but revoked ones; whatever makes no sense is left out."""

    search: str = ""
    scope: str = ""
    state: str = ""
    sort: str = "-created"
    after: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "ListQuery":
        state, sort = query.get("state", ""), query.get("sort", "-created")
        return cls(
            search=_plain(query.get("search", "")),
            scope=_plain(query.get("scope", "")),
            state=state if state in set(TokenState) else "",
            sort=sort if sort.removeprefix("-") in SORTS else "-created",
            after=query.get("after", ""),
        )

    @classmethod
    def of_request(cls, request: web.Request) -> "ListQuery":
        return cls.of(request.query)

    @property
    def filters(self) -> bool:
        """Whether anything is looked for."""
        return bool(self.search or self.scope or self.state)

    @property
    def orders(self) -> tuple[str, ...]:
        """What the list offers in words, and the present order where that is none of them."""
        return CHOICES if self.sort in CHOICES else (*CHOICES, self.sort)

    def page(self, owner_id: str) -> TokenPage:
        match = _CURSOR.fullmatch(self.after)
        return TokenPage(
            owner_id=owner_id,
            states=frozenset({self.state} if self.state else ()),
            search=self.search or None,
            scope=self.scope or None,
            sort=self.sort.removeprefix("-"),
            descending=self.sort.startswith("-"),
            after=(int(match[1]), int(match[2])) if match else None,
            limit=PAGE,
        )

    def link(self, **changed: str) -> str:
        """The query string of a list that differs in this; another order or filter begins at its first page."""
        said = {"search": self.search, "scope": self.scope, "state": self.state, "sort": self.sort, **changed}
        said = {
            name: value for name, value in said.items() if value and (name, value) != ("sort", "-created")
        }
        return f"?{urlencode(said)}" if said else ""

    def next_link(self, listing: TokenListing) -> str:
        if listing.next_after is None:
            return ""
        value, sequence = listing.next_after
        return self.link(after=f"{value}.{sequence}")

    def sort_link(self, column: str) -> str:
        """By this column; the other way round when it is by this one already; a third time as it was first."""
        first = column if column in _RISING else f"-{column}"
        other = f"-{column}" if column in _RISING else column
        return self.link(sort=other if self.sort == first else "-created" if self.sort == other else first)

    def direction(self, column: str) -> str:
        """What `aria-sort` says of a column."""
        if self.sort.removeprefix("-") != column:
            return "none"
        return "descending" if self.sort.startswith("-") else "ascending"


def _plain(text: str) -> str:
    return "".join(character for character in text.strip() if character.isprintable())[:_LONGEST]
