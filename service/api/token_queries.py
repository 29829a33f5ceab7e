"""Which tokens a list shall show, and where its next page is."""

import re
from collections.abc import Mapping
from typing import Final, Literal

from aiohttp import web
from msgspec import UNSET, UnsetType

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
    said_by,
)
from service.application.list_tokens import TokenListing
from service.domain.errors import Fault, Faulty
from service.domain.token import TokenState
from service.domain.token_page import TokenPage

_SORTS: Final = ("created", "expires", "last_used", "name")
_CURSOR = re.compile(r"(-?)(created|expires|last_used|name)\.(-?[0-9]{1,18})\.(-?[0-9]{1,18})", re.ASCII)


class TokenQuery(Onward, kw_only=True):
    """Revoked ones are left out unless `state` asks for them; `sort` with - for the other way."""

    state: list[TokenState] | UnsetType = UNSET
    search: Text | UnsetType = UNSET
    scope: Text | UnsetType = UNSET
    sort: Literal[
        "created", "-created", "expires", "-expires", "last_used", "-last_used", "name", "-name"
    ] = "-created"
    limit: Limit = LARGEST_PAGE


def read_page(request: web.Request, owner_id: str) -> TokenPage:
    """The page that is asked for.

    Raises:
        UnknownParameters: a parameter that is none, or twice there.
        Faulty: values that are not acceptable, all of them.
    """
    query = read_query(request, TokenQuery.__struct_encode_fields__, repeatable=("state",))
    faults: list[Fault] = []
    states = read_states(query, faults)
    search, scope = read_text(query, "search", faults), read_text(query, "scope", faults)
    sort, descending = _sort(query, faults)
    after = _after(query, sort, faults, descending=descending)
    limit = read_limit(query, faults)
    if faults:
        raise Faulty(faults)
    return TokenPage(
        owner_id=owner_id,
        states=states,
        search=search,
        scope=scope,
        sort=sort,
        descending=descending,
        after=after,
        limit=limit,
    )


def next_link(request: web.Request, url: str, page: TokenPage, listing: TokenListing) -> dict[str, str]:
    """The `Link` header of RFC 8288 where there is more, else nothing."""
    if listing.next_after is None:
        return {}
    value, sequence = listing.next_after
    said = f"{'-' if page.descending else ''}{page.sort}.{value}.{sequence}"
    return link_on(request, url, said)


def _sort(query: Mapping[str, list[str]], faults: list[Fault]) -> tuple[str, bool]:
    said = query.get("sort", ["-created"])[0]
    sort = said.removeprefix("-")
    if sort not in _SORTS:
        faults.append(Fault("sort", "invalid_value", f"one of {', '.join(_SORTS)}, with - for the other way"))
    return sort, said != sort


def _after(
    query: Mapping[str, list[str]], sort: str, faults: list[Fault], *, descending: bool
) -> tuple[int, int] | None:
    if "cursor" not in query:
        return None
    match = _CURSOR.fullmatch(said_by(query["cursor"][0]))
    if match is None or (match[1] == "-", match[2]) != (descending, sort):
        faults.append(Fault("cursor", "invalid_value", "is not from a list in this order"))
        return None
    return int(match[3]), int(match[4])
