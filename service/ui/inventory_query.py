"""Which of everybody's tokens are meant: what an address or a form says."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from service.application.inventory import InventoryListing
from service.domain.identifiers import from_wire
from service.domain.issuance import DAY
from service.domain.token import TokenState
from service.domain.token_filter import InventoryPage, TokenFilter
from service.web.services import Services

PAGE: Final = 50
_CURSOR: Final = re.compile(r"([0-9]{1,18})\.([0-9a-f]{32})", re.ASCII)
_DAYS: Final = re.compile(r"[0-9]{1,5}", re.ASCII)
_NAMES: Final = ("user", "search", "state", "scope", "older", "unused", "kid")


@dataclass(frozen=True, slots=True)
class InventoryQuery:
    """`older` and `unused` in days; whatever makes no sense is left out."""

    user: str = ""
    search: str = ""
    state: str = ""
    scope: str = ""
    older: str = ""
    unused: str = ""
    kid: str = ""
    after: str = ""

    @classmethod
    def of(cls, said: Mapping[str, str]) -> "InventoryQuery":
        def plain(name: str) -> str:
            return "".join(each for each in said.get(name, "").strip() if each.isprintable())[:255]

        days = {name: plain(name) if _DAYS.fullmatch(plain(name)) else "" for name in ("older", "unused")}
        state = plain("state") if plain("state") in set(TokenState) else ""
        texts = {name: plain(name) for name in ("user", "search", "scope", "kid", "after")}
        return cls(**texts, **days, state=state)

    @classmethod
    def of_request(cls, request: web.Request) -> "InventoryQuery":
        return cls.of(request.query)

    async def which(self, services: Services, now: int) -> TokenFilter | None:
        """The filter; None where it names an account that there is not: that must not mean everybody's."""
        owner_id = None
        if self.user:
            known = from_wire(self.user)
            user = None if known else await services.find_user(self.user)
            owner_id = known or (user.id if user else None)
            if owner_id is None:
                return None
        return TokenFilter(
            owner_id=owner_id,
            states=frozenset({self.state} if self.state else ()),
            search=self.search or None,
            scope=self.scope or None,
            created_before=now - int(self.older) * DAY if self.older else None,
            unused_since=now - int(self.unused) * DAY if self.unused else None,
            kid=self.kid or None,
        )

    def page(self, which: TokenFilter) -> InventoryPage:
        match = _CURSOR.fullmatch(self.after)
        return InventoryPage(which=which, after=(int(match[1]), match[2]) if match else None, limit=PAGE)

    def pairs(self) -> list[tuple[str, str]]:
        """What a form has to say to mean the same."""
        return [(name, value) for name in _NAMES if (value := getattr(self, name))]

    def link(self, **changed: str) -> str:
        """The query string of the same question, with this changed."""
        said = {**dict(self.pairs()), **changed}
        return f"?{urlencode(said)}" if said else ""

    def next_link(self, listing: InventoryListing) -> str:
        if listing.next_after is None:
            return ""
        created_at, token_id = listing.next_after
        return self.link(after=f"{created_at}.{token_id}")
