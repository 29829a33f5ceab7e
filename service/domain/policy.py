"""What the operator demands of every token, person and change. A part of the catalogue document."""

from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

from safeconduct.document import Table

Confirm = Literal["every", "sign-in"] | int
"""When a change asks for the password again: every time, never after sign-in, or after so many seconds."""

SecondFactor = Literal["off", "optional", "administrators", "all"]

_SECOND_FACTORS: Final = ("off", "optional", "administrators", "all")
_DAY: Final = 86_400
_CENTURY: Final = 36_500


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """`max_lifetime_days` binds tokens that end; `allow_no_expiration` says whether any other may be made."""

    max_lifetime_days: int = 365
    allow_no_expiration: bool = True
    confirm: Confirm = 300
    second_factor: SecondFactor = "optional"
    max_live_tokens_per_user: int = 100
    max_creations_per_hour: int = 20


def read_policy(table: Table) -> Policy:
    """The table `policy`; what is absent has its default, what is wrong is noted."""
    default = Policy()
    second_factor = table.choice("second_factor", _SECOND_FACTORS, default=default.second_factor)
    return Policy(
        max_lifetime_days=table.number(
            "max_lifetime_days", default=default.max_lifetime_days, least=1, most=_CENTURY
        ),
        allow_no_expiration=table.flag("allow_no_expiration", default=default.allow_no_expiration),
        confirm=_read_confirm(table, default.confirm),
        second_factor=next(
            (word for word in _SECOND_FACTORS if word == second_factor), default.second_factor
        ),
        max_live_tokens_per_user=table.number(
            "max_live_tokens_per_user", default=default.max_live_tokens_per_user, least=1, most=100_000
        ),
        max_creations_per_hour=table.number(
            "max_creations_per_hour", default=default.max_creations_per_hour, least=1, most=100_000
        ),
    )


def _read_confirm(table: Table, default: Confirm) -> Confirm:
    match table.raw("confirm"):
        case None:
            return default
        case "every" | "sign-in" as word:
            return word
        case int(seconds) if type(seconds) is int and 1 <= seconds <= _DAY:
            return seconds
    table.fault(f'must be "every", "sign-in" or 1 to {_DAY} seconds', "confirm")
    return default


def write_policy(policy: Policy) -> dict[str, Any]:
    """Every member, also where it has its default, so that a stored policy outlives a change of defaults."""
    return asdict(policy)
