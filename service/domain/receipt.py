"""The receipt of a revocation: what was done, and by when everybody knows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from service.domain.publication import Form
from service.domain.token import Token


class Notice(NamedTuple):
    """What one status list was told of the values of a record.

    `version` is the first signed one that shows it, None as long as there is none; nobody may rely on a token of
    the list without it after `superseded_until`, None where none was signed before.
    """

    revision: int
    changed_at: int
    version: int | None
    signed_at: int | None
    superseded_until: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """Times are POSIX seconds, `pushed_ms` POSIX milliseconds. What has not happened yet is None or absent.

    `list_version` and `list_signed_at` are those of the list that came last; `lists_refuse_by` is when the last
    verifier that reads lists refuses, whatever fails from now on.
    """

    token: Token
    revision: int | None
    list_version: int | None
    list_signed_at: int | None
    pushed_ms: Mapping[Form, int]
    lists_refuse_by: int


def receipt(
    token: Token, notices: Sequence[Notice], pushed_ms: Mapping[Form, int], *, lifetime: int, leeway: int
) -> Receipt:
    """Of a revoked record; `lifetime` is that of a signed list, `leeway` what a verifier's clock may be slow by."""
    assert token.revoked_at is not None  # noqa: S101 - the caller has looked
    last = max(notices, key=lambda notice: (notice.signed_at is None, notice.signed_at or 0), default=None)
    ends = [_relied_on_until(notice, lifetime) for notice in notices] or [token.revoked_at + lifetime]
    return Receipt(
        token=token,
        revision=max((notice.revision for notice in notices), default=None),
        list_version=last.version if last else None,
        list_signed_at=last.signed_at if last else None,
        pushed_ms=pushed_ms,
        lists_refuse_by=max(ends) + leeway,
    )


def _relied_on_until(notice: Notice, lifetime: int) -> int:
    if notice.signed_at is None:
        return notice.changed_at + lifetime
    return notice.signed_at if notice.superseded_until is None else notice.superseded_until
