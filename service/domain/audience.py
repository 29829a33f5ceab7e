"""The APIs that tokens may be made for. A part of the catalogue document."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from safeconduct.document import Table

_ID = re.compile(r"[\x21\x23-\x5b\x5d-\x7a\x7c\x7e]{1,255}")  # braces would be a placeholder nobody filled


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """One API: `id` is the `aud` string (RFC 9068 section 2.2), `name` what people read.

    `families` None takes every scope family; `reports_use` says whether "never used" can be believed.
    """

    id: str
    name: str
    families: frozenset[str] | None = None
    reports_use: bool = False
    default: bool = False

    def takes(self, family: str) -> bool:
        """Whether a token for this API may carry scopes of this family."""
        return self.families is None or family in self.families


def read_audiences(table: Table, families: Collection[str]) -> tuple[Audience, ...]:
    """The array `audiences` in its order; exactly one is the default, and no id stands there twice."""
    audiences: list[Audience] = []
    for below in table.array("audiences"):
        audience = Audience(
            id=below.text("id"),
            name=below.text("name"),
            families=frozenset(below.known("families", families)) if "families" in below else None,
            reports_use=below.flag("reports_use", default=False),
            default=below.flag("default", default=False),
        )
        if audience.id and not _ID.fullmatch(audience.id):
            below.fault("must be printable ASCII without blanks, quotes, backslashes and braces", "id")
        if any(audience.id == other.id for other in audiences):
            below.fault(f"{audience.id!r} stands here twice", "id")
        audiences.append(audience)
    if sum(audience.default for audience in audiences) != 1:
        table.fault("exactly one must say default = true", "audiences")
    return tuple(audiences)


def write_audience(audience: Audience) -> dict[str, Any]:
    """The table that reads as this audience again."""
    families = {} if audience.families is None else {"families": sorted(audience.families)}
    return {
        "id": audience.id,
        "name": audience.name,
        "reports_use": audience.reports_use,
        "default": audience.default,
        **families,
    }
