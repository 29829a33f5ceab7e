"""Bodies of create, regenerate and edit: their shapes, and the requests they become."""

import json
import math
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET, Meta, UnsetType

from service.api.bodies import judge
from service.domain.edit import Edit
from service.domain.errors import Fault, Faulty
from service.domain.issuance import Expiry, TokenRequest
from service.domain.overlap import LONGEST, LONGEST_BY_ITSELF, Overlap

METADATA_BYTES: Final = 4_096
METADATA_DEPTH: Final = 8
_MOST_AUDIENCES: Final = 16

Days = Annotated[int, Meta(ge=1, description="whole days from now; null: no end")]
Moment = Annotated[datetime, Meta(tz=True)]
Audiences = str | Annotated[list[str], Meta(min_length=1, max_length=_MOST_AUDIENCES)]


class TokenMembers(msgspec.Struct, kw_only=True):
    """What create and regenerate share. Exactly one of `expiration` and `expires_at` says when it ends."""

    expiration: Days | UnsetType | None = UNSET
    expires_at: Moment | UnsetType = UNSET
    audience: Audiences | UnsetType = UNSET
    not_before: Moment | UnsetType | None = UNSET
    allowed_ips: list[str] | UnsetType = UNSET
    metadata: dict[str, Any] | UnsetType = UNSET
    reference: bool | UnsetType = UNSET
    resources: Any = UNSET


class NewToken(TokenMembers, kw_only=True):
    """POST /v1/personal-access-tokens."""

    scopes: list[str]
    note: str


class NewValue(TokenMembers, kw_only=True):
    """POST /v1/personal-access-tokens/{id}/regenerate. What is left out stays as it is.

    The old value goes on for `overlap` seconds, with `overlap_until_used` no longer than until the new one is used.
    """

    scopes: list[str] | UnsetType = UNSET
    note: str | UnsetType = UNSET
    overlap: Annotated[int, Meta(ge=0, le=LONGEST)] = 0
    overlap_until_used: bool = False


class OwnNewValue(msgspec.Struct, kw_only=True):
    """POST /v1/personal-access-tokens/self/regenerate. The end can be drawn nearer, never put off."""

    expiration: Days | UnsetType | None = UNSET
    expires_at: Moment | UnsetType = UNSET
    overlap: Annotated[int, Meta(ge=0, le=LONGEST_BY_ITSELF)] = LONGEST_BY_ITSELF


class TokenChange(msgspec.Struct, kw_only=True):
    """PATCH /v1/personal-access-tokens/{id}. The members after `expires_at` are signed: they need a new value."""

    note: str | UnsetType = UNSET
    metadata: dict[str, Any] | UnsetType = UNSET
    suspended: bool | UnsetType = UNSET
    expiration: Days | UnsetType | None = UNSET
    expires_at: Moment | UnsetType = UNSET
    scopes: list[str] | UnsetType = UNSET
    audience: Audiences | UnsetType = UNSET
    allowed_ips: list[str] | UnsetType = UNSET
    not_before: Moment | UnsetType | None = UNSET


def token_request(document: dict[str, Any], shape: type[TokenMembers]) -> TokenRequest:
    """What was asked for, with the faults found so far; grant and policy add theirs.

    Raises:
        UnknownMembers: with all of them.
    """
    values, faults = judge(document, shape)
    expiry = _expiry(document, values, faults)
    if expiry is None and not _names_end(document):
        faults.append(Fault("expiration", "required", "give expiration (days, or null) or expires_at"))
    _metadata(values, faults)
    if "resources" in document:
        faults.append(Fault("resources", "reserved", "is reserved and cannot be set yet"))
    return TokenRequest(
        note=values.get("note"),
        scopes=_tuple(values.get("scopes")),
        expiry=expiry,
        audiences=_audiences(values.get("audience")),
        not_before=seconds(values.get("not_before")),
        allowed_ips=_tuple(values.get("allowed_ips")),
        metadata=values.get("metadata"),
        reference=values.get("reference"),
        faults=tuple(faults),
    )


def new_value_request(document: dict[str, Any]) -> tuple[TokenRequest, Overlap]:
    """What regenerate was asked for, and for how long the value before shall go on. Raises UnknownMembers."""
    request = token_request(document, NewValue)
    values, _ = judge(document, NewValue)
    overlap = Overlap(seconds=values.get("overlap", 0), until_used=values.get("overlap_until_used", False))
    if overlap.until_used and not overlap.seconds:
        fault = Fault("overlap_until_used", "needs_overlap", "say in overlap for how many seconds at most")
        request = replace(request, faults=(*request.faults, fault))
    return request, overlap


def own_new_value(document: dict[str, Any]) -> tuple[Expiry | None, int]:
    """The end that a token asks for itself, and its overlap in seconds.

    Raises:
        Faulty: values that are not acceptable, all of them.
        UnknownMembers: with all of them.
    """
    values, faults = judge(document, OwnNewValue)
    expiry = _expiry(document, values, faults)
    if faults:
        raise Faulty(faults)
    return expiry, values.get("overlap", LONGEST_BY_ITSELF)


def edit(document: dict[str, Any]) -> Edit:
    """The change that was asked for. Raises UnknownMembers."""
    values, faults = judge(document, TokenChange)
    expiry = _expiry(document, values, faults)
    _metadata(values, faults)
    signed: dict[str, Any] = {}
    for name in ("scopes", "allowed_ips"):
        if name in values:
            signed[name] = tuple(values[name])
    if "audience" in values:
        signed["audience"] = _audiences(values["audience"])
    if "not_before" in values:
        signed["not_before"] = seconds(values["not_before"])
    return Edit(
        note=values.get("note"),
        metadata=values.get("metadata"),
        suspended=values.get("suspended"),
        expiry=expiry,
        signed=signed,
        faults=tuple(faults),
    )


def _names_end(document: Mapping[str, Any]) -> bool:
    return "expiration" in document or "expires_at" in document


def _expiry(document: Mapping[str, Any], values: Mapping[str, Any], faults: list[Fault]) -> Expiry | None:
    if "expiration" in document and "expires_at" in document:
        faults.append(Fault("expires_at", "one_of_two", "give expiration or expires_at, not both"))
    if "expires_at" in values:
        return Expiry(at=seconds(values["expires_at"]))
    if "expiration" in values:
        return Expiry(days=values["expiration"])
    return None


def _metadata(values: dict[str, Any], faults: list[Fault]) -> None:
    """Take metadata out again that cannot be kept."""
    metadata = values.get("metadata")
    if metadata is not None and (fault := _metadata_fault(metadata)):
        faults.append(fault)
        del values["metadata"]


def _metadata_fault(metadata: dict[str, Any]) -> Fault | None:
    if _depth(metadata) > METADATA_DEPTH:
        return Fault("metadata", "too_deep", f"at most {METADATA_DEPTH} levels")
    if not _has_plain_numbers(metadata):
        return Fault("metadata", "invalid_value", "numbers must be finite, whole ones of at most 64 bits")
    if len(json.dumps(metadata, ensure_ascii=False, separators=(",", ":")).encode()) > METADATA_BYTES:
        return Fault("metadata", "too_long", f"at most {METADATA_BYTES} bytes of JSON")
    return None


def _depth(value: Any) -> int:
    return 1 + max(map(_depth, _below(value)), default=0) if isinstance(value, dict | list) else 0


def _has_plain_numbers(value: Any) -> bool:
    """Whether every JSON reader sees the same numbers as we do."""
    match value:
        case int():
            return -(2**63) <= value < 2**63
        case float():
            return math.isfinite(value)
    return all(map(_has_plain_numbers, _below(value)))


def _below(value: Any) -> Collection[Any]:
    match value:
        case dict():
            return value.values()
        case list():
            return value
    return ()


def seconds(moment: datetime | None) -> int | None:
    """POSIX seconds, rounded down."""
    return None if moment is None else math.floor(moment.timestamp())


def _tuple(words: list[str] | None) -> tuple[str, ...] | None:
    return None if words is None else tuple(words)


def _audiences(asked: str | list[str] | None) -> tuple[str, ...]:
    if asked is None:
        return ()
    return (asked,) if isinstance(asked, str) else tuple(asked)
