"""What several lists ask by: states, texts, times, how many, and where the next page begins."""

import base64
import binascii
import math
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Final
from urllib.parse import urlencode

import msgspec
from aiohttp import web
from msgspec import UNSET, Meta, UnsetType

from service.domain.errors import Fault, Faulty
from service.domain.issuance import text_fault
from service.domain.token import TokenState
from service.domain.user import MAX_NAME

LARGEST_PAGE: Final = 1_000
_LONGEST_TEXT: Final = 255

Text = Annotated[str, Meta(min_length=1, max_length=_LONGEST_TEXT)]
Limit = Annotated[int, Meta(ge=1, le=LARGEST_PAGE)]


class Onward(msgspec.Struct, kw_only=True):
    """`cursor` is from the `Link` of the page before."""

    cursor: str | UnsetType = UNSET


def read_states(query: Mapping[str, list[str]], faults: list[Fault]) -> frozenset[str]:
    named = [state for value in query.get("state", []) for state in value.split(",")]
    known = {state.value for state in TokenState}
    if unknown := [state for state in named if state not in known]:
        text = f"{', '.join(unknown)[:64]!r} is none of {', '.join(TokenState)}"
        faults.append(Fault("state", "invalid_value", text))
    return frozenset(named)


def read_text(query: Mapping[str, list[str]], name: str, faults: list[Fault]) -> str | None:
    if name not in query:
        return None
    text = query[name][0]
    if fault := text_fault(name, text, longest=_LONGEST_TEXT):
        faults.append(fault)
    return text


def read_limit(query: Mapping[str, list[str]], faults: list[Fault]) -> int:
    text = query.get("limit", [str(LARGEST_PAGE)])[0]
    if not re.fullmatch(r"[0-9]{1,4}", text, re.ASCII) or not 1 <= int(text) <= LARGEST_PAGE:
        faults.append(Fault("limit", "invalid_value", f"1 to {LARGEST_PAGE}"))
        return LARGEST_PAGE
    return int(text)


def read_time(query: Mapping[str, list[str]], name: str, faults: list[Fault]) -> int | None:
    """POSIX seconds of an RFC 3339 time."""
    if name not in query:
        return None
    try:
        moment: datetime = msgspec.convert(query[name][0], Annotated[datetime, Meta(tz=True)])
    except msgspec.ValidationError:
        faults.append(Fault(name, "invalid_value", "a time like 2027-02-20T18:00:00Z"))
        return None
    return math.floor(moment.timestamp())


def name_before(query: Mapping[str, list[str]]) -> str:
    """The folded name behind which a list that is ordered by names goes on.

    Raises:
        Faulty: a cursor that is not from such a list.
    """
    if "cursor" not in query:
        return ""
    try:
        name = bytes.fromhex(said_by(query["cursor"][0])).decode()
    except ValueError:
        name = ""
    if fault := text_fault("cursor", name, longest=4 * MAX_NAME):  # to fold a name may lengthen it
        raise Faulty([fault])
    return name


def link_behind(request: web.Request, url: str, name: str | None) -> dict[str, str]:
    """The header by which such a list leads on; nothing where it has ended."""
    return {} if name is None else link_on(request, url, name.encode().hex())


def said_by(cursor: str) -> str:
    """What `link_on` put into a cursor; empty for what it never made."""
    try:
        said = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        return said.decode("ascii")
    except (binascii.Error, ValueError):
        return ""


def link_on(request: web.Request, url: str, said: str) -> dict[str, str]:
    """The `Link` header of RFC 8288: the same question, from where the next page begins."""
    pairs = [(name, value) for name, value in request.query.items() if name != "cursor"]
    cursor = base64.urlsafe_b64encode(said.encode()).decode().rstrip("=")
    return {"Link": f'<{url}?{urlencode([*pairs, ("cursor", cursor)])}>; rel="next"'}
