"""Query strings: known parameters only, each once unless it may repeat."""

from collections.abc import Collection, Mapping
from typing import Annotated, Final

import msgspec
from aiohttp import web
from msgspec import UNSET, Meta, UnsetType

from service.domain.errors import Fault, Faulty
from service.domain.issuance import text_fault
from service.web.refusals import UnknownParameters

LONGEST_REASON: Final = 255


class Reason(msgspec.Struct, kw_only=True):
    """Why it is revoked."""

    reason: Annotated[str, Meta(min_length=1, max_length=LONGEST_REASON)] | UnsetType = UNSET


class DryRun(msgspec.Struct, kw_only=True):
    """`true` only looks."""

    dry_run: bool = False


def read_query(
    request: web.Request, known: Collection[str], *, repeatable: Collection[str] = ()
) -> Mapping[str, list[str]]:
    """The values of each parameter that is there.

    Raises:
        UnknownParameters: with all that are not known, or stand there twice.
    """
    query: dict[str, list[str]] = {}
    for name, value in request.query.items():
        query.setdefault(name, []).append(value)
    faults = [
        Fault(name[:64], "unknown_parameter", "no such parameter")
        if name not in known
        else Fault(name, "repeated_parameter", "stands there twice")
        for name, values in query.items()
        if name not in known or (len(values) > 1 and name not in repeatable)
    ]
    if faults:
        raise UnknownParameters("the query cannot be understood", faults)
    return query


def read_flag(request: web.Request, name: str) -> bool:
    """The one parameter of a call that may also only look; absent is false.

    Raises:
        UnknownParameters, Faulty: another one, or neither `true` nor `false`.
    """
    word = read_query(request, (name,)).get(name, ["false"])[0]
    if word not in {"true", "false"}:
        raise Faulty([Fault(name, "invalid_value", "true or false")])
    return word == "true"


def read_reason(request: web.Request, otherwise: str) -> str:
    """The one parameter that a revocation takes.

    Raises:
        UnknownParameters, Faulty: another one, or no text that can be kept.
    """
    reason = read_query(request, ("reason",)).get("reason", [otherwise])[0].strip()
    if fault := text_fault("reason", reason, longest=LONGEST_REASON):
        raise Faulty([fault])
    return reason
