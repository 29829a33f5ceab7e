"""The form that OAuth endpoints read (RFC 6749 appendix B): in the body, as UTF-8, each name once."""

import re
from collections.abc import Mapping
from typing import Annotated, Final
from urllib.parse import unquote_to_bytes

import msgspec
from aiohttp import web
from msgspec import UNSET, Meta, UnsetType

from service.domain.errors import Fault, Faulty

MEDIA_TYPE: Final = "application/x-www-form-urlencoded"

_CREDENTIALS: Final = frozenset({"token", "access_token", "client_secret", "client_assertion"})
_BROKEN_ESCAPE = re.compile("%(?![0-9A-Fa-f]{2})")

Form = Mapping[str, str]


class ClientForm(msgspec.Struct, kw_only=True):
    """How a client proves itself in the form; most do it by Basic instead."""

    client_id: str | UnsetType = UNSET
    client_secret: str | UnsetType = UNSET
    client_assertion: str | UnsetType = UNSET
    client_assertion_type: str | UnsetType = UNSET


class TokenForm(ClientForm, kw_only=True):
    """The token that is meant (RFC 7662 section 2.1, RFC 7009 section 2.1)."""

    token: Annotated[str, Meta(min_length=1)]
    token_type_hint: str | UnsetType = UNSET


async def read_form(request: web.Request) -> Form:
    """The parameters of the body. One without a value counts as left out (RFC 6749 section 3.2).

    Raises:
        Faulty: another media type or charset, a body that is no UTF-8 form, a repeated name, or a
            credential in the query.
    """
    if request.rel_url.raw_query_string and not _CREDENTIALS.isdisjoint(request.query):
        raise _faulty("query", "credentials belong in the body, never in the URI")
    declared = request.headers.get("Content-Type", "")
    if declared != MEDIA_TYPE and not _is_form(declared):
        raise _faulty("Content-Type", f"must be {MEDIA_TYPE} in UTF-8")
    return parse_form(await request.read())


def parse_form(body: bytes) -> Form:
    """Names and values, unescaped.

    Raises:
        Faulty: not UTF-8, a broken escape, or a repeated name.
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise _faulty("body", "is not UTF-8") from None
    escaped = "%" in text or "+" in text
    form: dict[str, str] = {}
    for pair in text.split("&"):
        name, _, value = pair.partition("=")
        if escaped:
            name, value = form_decode(name), form_decode(value)
        if name in form:
            raise _faulty(name, "stands there twice")
        if pair:
            form[name] = value
    return {name: value for name, value in form.items() if value}


def presented_token(form: Form) -> str:
    """The parameter `token` (RFC 7662 section 2.1, RFC 7009 section 2.1).

    Raises:
        Faulty: there is none.
    """
    if (token := form.get("token")) is None:
        raise _faulty("token", "is missing")
    return token


def form_decode(text: str) -> str:
    """One escaped name or value.

    Raises:
        Faulty: an escape is broken, or what it says is not UTF-8.
    """
    if _BROKEN_ESCAPE.search(text):
        raise _faulty("body", "holds a percent sign that escapes nothing")
    try:
        return unquote_to_bytes(text.replace("+", " ")).decode("utf-8")
    except UnicodeDecodeError:
        raise _faulty("body", "is not UTF-8") from None


def _is_form(declared: str) -> bool:
    """Whether a Content-Type names the form's media type, with no charset but UTF-8."""
    media_type, *parameters = (part.strip().lower() for part in declared.split(";"))
    charsets = {part.partition("=")[2].strip('"') for part in parameters if part.startswith("charset")}
    return media_type == MEDIA_TYPE and charsets <= {"utf-8", "utf8"}


def _faulty(where: str, detail: str) -> Faulty:
    return Faulty([Fault(where, "invalid_request", detail)])
