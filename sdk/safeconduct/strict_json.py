"""JSON objects that have one meaning only: what two readers might take differently is refused (RFC 8259)."""

import json
import re
from typing import Any, Final, NoReturn

DEPTH_LIMIT: Final = 8

_WHITE_SPACE = " \t\n\r"
_STRING = re.compile(r'"(?:[^"\\]|\\.)*+"?', re.DOTALL)
_BRACKET = re.compile(r"[][{}]")


def read_object(raw: bytes, *, depth: int = DEPTH_LIMIT) -> dict[str, Any]:
    """The JSON object in `raw`.

    Raises:
        ValueError: not UTF-8, not one JSON object, a byte order mark, a repeated member, NaN or Infinity, an
            unpaired surrogate, an absurdly long number, or more than `depth` levels.
    """
    text = raw.decode("utf-8").strip(_WHITE_SPACE)
    if text.count("{") + text.count("[") > depth and _depth(text) > depth:
        raise ValueError("nested too deeply")
    document, end = _DECODER.raw_decode(text)
    if type(document) is not dict or end != len(text):
        raise ValueError("not an object and nothing else")
    if "\\" in text:
        json.dumps(document, ensure_ascii=False).encode("utf-8")  # an unpaired surrogate has no UTF-8
    return document


def _depth(text: str) -> int:
    depth = deepest = 0
    for bracket in _BRACKET.findall(_STRING.sub("", text)):
        depth += 1 if bracket in "[{" else -1
        deepest = max(deepest, depth)
    return deepest


def _unique_members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("repeated member")
    return members


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_unique_members, parse_constant=_no_constant)
