"""What was done, by whom, to what."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from service.application.ports import Storage
from service.domain.audit_page import AuditPage

_USER = "user:"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditListing:
    """Rows of the trail, the names of the accounts they speak of, and where the next page begins (None: nowhere)."""

    rows: list[Mapping[str, Any]]
    names: Mapping[str, str]
    next_before: int | None


class ReadAudit:
    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def __call__(self, page: AuditPage) -> AuditListing:
        """The newest first."""
        async with self._storage.reading() as read:
            rows = await read.audit_trail.page(page)
            said = [str(row[member]) for row in rows for member in ("actor", "subject")]
            ids = {text.removeprefix(_USER) for text in said if text.startswith(_USER)}
            names = await read.audit_trail.names(sorted(ids))
        more = len(rows) == page.limit
        return AuditListing(rows=rows, names=names, next_before=rows[-1]["sequence"] if more else None)
