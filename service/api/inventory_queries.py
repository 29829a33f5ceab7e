"""Which of everybody's tokens a list shall show, and where its next page is."""

import re
from collections.abc import Mapping

from aiohttp import web
from msgspec import UNSET, UnsetType

from service.api.answers import Time
from service.api.queries import read_query
from service.api.query_values import (
    LARGEST_PAGE,
    Limit,
    Onward,
    Text,
    link_on,
    read_limit,
    read_states,
    read_text,
    read_time,
    said_by,
)
from service.application.inventory import InventoryListing
from service.domain.errors import Fault, Faulty
from service.domain.identifiers import from_wire
from service.domain.token import TokenState
from service.domain.token_filter import InventoryPage, TokenFilter
from service.web.appkeys import SERVICES

_CURSOR = re.compile(r"([0-9]{1,18})\.([0-9a-f]{32})", re.ASCII)


class InventoryQuery(Onward, kw_only=True):
    """`user` is an id or a name, `kid` a key that signed a value not yet revoked."""

    user: Text | UnsetType = UNSET
    state: list[TokenState] | UnsetType = UNSET
    search: Text | UnsetType = UNSET
    scope: Text | UnsetType = UNSET
    created_before: Time | UnsetType = UNSET
    unused_since: Time | UnsetType = UNSET
    kid: Text | UnsetType = UNSET
    limit: Limit = LARGEST_PAGE


async def read_inventory_page(request: web.Request) -> InventoryPage:
    """The page that is asked for; an account by its id or its name.

    Raises:
        UnknownParameters: a parameter that is none, or twice there.
        Faulty: values that are not acceptable, all of them.
    """
    query = read_query(request, InventoryQuery.__struct_encode_fields__, repeatable=("state",))
    faults: list[Fault] = []
    user = read_text(query, "user", faults)
    which = TokenFilter(
        owner_id=await owner_id(request, user, "user", faults) if user else None,
        states=read_states(query, faults),
        search=read_text(query, "search", faults),
        scope=read_text(query, "scope", faults),
        created_before=read_time(query, "created_before", faults),
        unused_since=read_time(query, "unused_since", faults),
        kid=read_text(query, "kid", faults),
    )
    after, limit = _after(query, faults), read_limit(query, faults)
    if faults:
        raise Faulty(faults)
    return InventoryPage(which=which, after=after, limit=limit)


async def owner_id(request: web.Request, said: str, where: str, faults: list[Fault]) -> str | None:
    """The account that is meant by its id or its name: a filter that names nobody must not mean everybody."""
    if known := from_wire(said):
        return known
    user = await request.app[SERVICES].find_user(said)
    if user is None:
        faults.append(Fault(where, "unknown_user", "there is no account of this id or name"))
        return None
    return user.id


def next_inventory_link(request: web.Request, url: str, listing: InventoryListing) -> dict[str, str]:
    """The `Link` header where there is more, else nothing."""
    if listing.next_after is None:
        return {}
    created_at, token_id = listing.next_after
    return link_on(request, url, f"{created_at}.{token_id}")


def _after(query: Mapping[str, list[str]], faults: list[Fault]) -> tuple[int, str] | None:
    if "cursor" not in query:
        return None
    match = _CURSOR.fullmatch(said_by(query["cursor"][0]))
    if match is None:
        faults.append(Fault("cursor", "invalid_value", "is not from this list"))
        return None
    return int(match[1]), match[2]
