"""What reading the audit trail needs of the storage."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from service.domain.audit_page import AuditPage


class AuditTrail(Protocol):
    async def page(self, page: AuditPage) -> list[Mapping[str, Any]]:
        """Rows with sequence, at, actor, action, subject, detail and chain."""

    async def names(self, user_ids: Sequence[str]) -> Mapping[str, str]:
        """What the accounts are called that are there."""
