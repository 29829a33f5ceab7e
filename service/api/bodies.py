"""Request bodies: what JSON they must be, and how a member is judged by itself, so that all faults are told at once.

The shapes (msgspec structs) are what the API's description is built from; they are read member by member.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, Final, TypeVar

import msgspec
from aiohttp import web
from msgspec.structs import FieldInfo
from safeconduct.strict_json import read_object

from service.domain.errors import Fault, Faulty
from service.web.refusals import MalformedRequest, UnknownMembers, UnsupportedMediaType

MEDIA_TYPE: Final = "application/json"
DEPTH: Final = 16
_SHOWN = 16  # unknown members that are named

S = TypeVar("S", bound=msgspec.Struct)


async def read_json(request: web.Request) -> dict[str, Any]:
    """The JSON object of the body.

    Raises:
        UnsupportedMediaType: something else is declared, or another charset than UTF-8.
        MalformedRequest: not one JSON object, a repeated member, NaN, half a character, nested beyond DEPTH.
    """
    if request.content_type != MEDIA_TYPE or (request.charset or "utf-8").lower() not in {"utf-8", "utf8"}:
        raise UnsupportedMediaType(f"send {MEDIA_TYPE}")
    try:
        return read_object(await request.read(), depth=DEPTH)
    except ValueError:
        text = f"one JSON object in UTF-8, at most {DEPTH} levels deep, each member once"
        raise MalformedRequest(f"the body must be {text}") from None


async def read_body(request: web.Request, shape: type[S]) -> S:
    """The body as `shape`.

    Raises:
        Faulty: members that are missing or not acceptable, all of them.
        UnknownMembers, MalformedRequest, UnsupportedMediaType: it is no such body at all.
    """
    values, faults = judge(await read_json(request), shape)
    if faults:
        raise Faulty(faults)
    return shape(**values)


def judge(document: dict[str, Any], shape: type[msgspec.Struct]) -> tuple[dict[str, Any], list[Fault]]:
    """The members that can be taken, converted, and a fault for each that cannot or is missing.

    Raises:
        UnknownMembers: with all of them.
    """
    fields = _fields(shape)
    if unknown := [name for name in document if name not in fields]:
        raise UnknownMembers(
            "unknown members",
            [Fault(name[:64], "unknown_member", "no such member") for name in unknown[:_SHOWN]],
        )
    values: dict[str, Any] = {}
    faults: list[Fault] = []
    for name, field in fields.items():
        if name not in document:
            if field.required:
                faults.append(Fault(name, "required", "must be given"))
            continue
        try:
            values[field.name] = msgspec.convert(document[name], field.type)
        except msgspec.ValidationError as error:
            faults.append(_fault(name, str(error)))
    return values, faults


@cache  # msgspec evaluates the annotations anew every time, which costs as much as a signature
def _fields(shape: type[msgspec.Struct]) -> Mapping[str, FieldInfo]:
    return {field.encode_name: field for field in msgspec.structs.fields(shape)}


def _fault(name: str, message: str) -> Fault:
    """Msgspec says where with ` - at `$[1]``."""
    text, _, place = message.partition(" - at `$")
    code = "invalid_type" if ", got `" in text else "invalid_value"
    return Fault(name + place.removesuffix("`"), code, text[:1].lower() + text[1:].replace("`", ""))
