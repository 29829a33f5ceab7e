"""Which tokens a list shall show, and where its next page is."""

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from service.api.queries import read_query
from service.application.list_tokens import TokenListing
from service.domain.errors import Fault, Faulty
from service.domain.issuance import text_fault
from service.domain.token import TokenState
from service.domain.token_page import TokenPage

LARGEST_PAGE: Final = 1_000
_LONGEST_SEARCH: Final = 255
_SORTS: Final = ("created", "expires", "last_used")
_PARAMETERS: Final = ("state", "search", "scope", "sort", "limit", "cursor")
_CURSOR = re.compile(r"(-?)(created|expires|last_used)\.(-?[0-9]{1,18})\.(-?[0-9]{1,18})", re.ASCII)


def read_page(request: web.Request, owner_id: str) -> TokenPage:
    """The page that is asked for.

    Raises:
        UnknownParameters: a parameter that is none, or twice there.
        Faulty: values that are not acceptable, all of them.
    """
    query = read_query(request, _PARAMETERS, repeatable=("state",))
    faults: list[Fault] = []
    states = _states(query, faults)
    search, scope = _text(query, "search", faults), _text(query, "scope", faults)
    sort, descending = _sort(query, faults)
    after = _after(query, sort, faults, descending=descending)
    limit = _limit(query, faults)
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


def next_link(request: web.Request, issuer: str, page: TokenPage, listing: TokenListing) -> dict[str, str]:
    """The `Link` header of RFC 8288 where there is more, else nothing."""
    if listing.next_after is None:
        return {}
    pairs = [(name, value) for name, value in request.query.items() if name != "cursor"]
    value, sequence = listing.next_after
    said = f"{'-' if page.descending else ''}{page.sort}.{value}.{sequence}"
    cursor = base64.urlsafe_b64encode(said.encode()).decode().rstrip("=")
    query = urlencode([*pairs, ("cursor", cursor)])
    return {"Link": f'<{issuer}/v1/personal-access-tokens?{query}>; rel="next"'}


def _states(query: Mapping[str, list[str]], faults: list[Fault]) -> frozenset[str]:
    named = [state for value in query.get("state", []) for state in value.split(",")]
    known = {state.value for state in TokenState}
    if unknown := [state for state in named if state not in known]:
        text = f"{', '.join(unknown)[:64]!r} is none of {', '.join(TokenState)}"
        faults.append(Fault("state", "invalid_value", text))
    return frozenset(named)


def _text(query: Mapping[str, list[str]], name: str, faults: list[Fault]) -> str | None:
    if name not in query:
        return None
    text = query[name][0]
    if fault := text_fault(name, text, longest=_LONGEST_SEARCH):
        faults.append(fault)
    return text


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
    cursor = query["cursor"][0]
    try:
        said = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        match = _CURSOR.fullmatch(said.decode("ascii"))
    except (binascii.Error, ValueError):
        match = None
    if match is None or (match[1] == "-", match[2]) != (descending, sort):
        faults.append(Fault("cursor", "invalid_value", "is not from a list in this order"))
        return None
    return int(match[3]), int(match[4])


def _limit(query: Mapping[str, list[str]], faults: list[Fault]) -> int:
    text = query.get("limit", [str(LARGEST_PAGE)])[0]
    if not re.fullmatch(r"[0-9]{1,4}", text, re.ASCII) or not 1 <= int(text) <= LARGEST_PAGE:
        faults.append(Fault("limit", "invalid_value", f"1 to {LARGEST_PAGE}"))
        return LARGEST_PAGE
    return int(text)
