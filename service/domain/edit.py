"""A change of a token."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from service.domain.errors import Fault
from service.domain.issuance import Expiry


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """What to change; None leaves a member alone. `signed` names members that only a new value can change."""

    note: str | None = None
    metadata: Mapping[str, Any] | None = None
    suspended: bool | None = None
    expiry: Expiry | None = None
    signed: Mapping[str, Any] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()
