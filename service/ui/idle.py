"""Tokens that somebody could do without: where the ceiling is reached, these are the ones to remove."""

from dataclasses import dataclass
from typing import Final

from aiohttp import web

from service.domain.issuance import DAY
from service.domain.token import TokenState
from service.domain.token_page import TokenPage
from service.domain.user import User
from service.ui.token_rows import rows_of
from service.ui.whose import list_of
from service.web.appkeys import SERVICES

DAYS: Final = 90
_MOST: Final = 1_000


@dataclass(frozen=True, slots=True)
class Idle:
    """How many working tokens were neither made nor used within DAYS, and the address of a list that begins with
    those.
    """

    count: int
    address: str


async def idle_tokens(request: web.Request, owner: User) -> Idle:
    """Only those whose API reports use can be called unused."""
    services = request.app[SERVICES]
    page = TokenPage(
        owner_id=owner.id,
        states=frozenset({TokenState.ACTIVE}),
        sort="last_used",
        descending=False,
        limit=_MOST,
    )
    listing = await services.list_tokens(page)
    since = listing.now - DAYS * DAY
    rows = rows_of(listing.tokens, services.current.catalogue, listing.now)
    idle = [
        row
        for row in rows
        if row.reports_use
        and row.token.created_at < since
        and (row.token.latest_use is None or row.token.latest_use.at < since)
    ]
    return Idle(len(idle), f"{list_of(owner)}?state=active&sort=last_used")
