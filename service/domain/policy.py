"""What the operator demands of every token, person and change. A part of the catalogue document."""

from dataclasses import asdict, dataclass, fields
from typing import Any, Final, Literal

from safeconduct.document import Table

from service.domain.errors import LimitReached
from service.domain.user import Role, User, UserKind

Confirm = Literal["every", "sign-in"] | int
"""When a change asks for the password again: every time, never after sign-in, or after so many seconds."""

SecondFactor = Literal["off", "optional", "administrators", "all"]

_SECOND_FACTORS: Final = ("off", "optional", "administrators", "all")
_DAY: Final = 86_400
_CENTURY: Final = 36_500


@dataclass(frozen=True, slots=True, kw_only=True)
class Exceptions:
    """What holds for one kind of user instead of what holds for people; None is no exception."""

    max_lifetime_days: int | None = None
    allow_no_expiration: bool | None = None
    confirm: Confirm | None = None
    max_live_tokens_per_user: int | None = None
    max_creations_per_hour: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What holds for one user. `table` is where the policy says what is no rule for everybody."""

    max_lifetime_days: int
    allow_no_expiration: bool
    confirm: Confirm
    max_live_tokens_per_user: int
    max_creations_per_hour: int
    needs_second_factor: bool
    table: str
    exceptions: Exceptions

    def place(self, member: str) -> str:
        """Where the policy says this, to be looked up by whoever meets it: `policy.machines.max_lifetime_days`."""
        own = getattr(self.exceptions, member, None) is not None
        return f"policy.{self.table}.{member}" if own else f"policy.{member}"

    def demand_room(self, live: int) -> None:
        """Raises LimitReached for whoever has so many live tokens and would have one more."""
        if live >= (most := self.max_live_tokens_per_user):
            place = self.place("max_live_tokens_per_user")
            raise LimitReached(f"at most {most} live tokens; revoke one first", policy=place)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """`max_lifetime_days` binds tokens that end; `allow_no_expiration` says whether any other may be made.

    Tokens of people pause who did not sign in for `owner_seen_within` days; with 0 never. What `administrators` and
    `machines` leave out holds for them as for people. Machines confirm nothing.
    """

    max_lifetime_days: int = 365
    allow_no_expiration: bool = True
    confirm: Confirm = 300
    second_factor: SecondFactor = "optional"
    max_live_tokens_per_user: int = 100
    max_creations_per_hour: int = 20
    owner_seen_within: int = 0
    administrators: Exceptions = Exceptions()
    machines: Exceptions = Exceptions()

    def of(self, user: User) -> Rules:
        """What holds for this user's tokens and changes."""
        administrator = user.role is Role.ADMINISTRATOR
        match user.kind, administrator:
            case UserKind.MACHINE, _:
                table, exceptions = "machines", self.machines
            case _, True:
                table, exceptions = "administrators", self.administrators
            case _:
                table, exceptions = "", Exceptions()
        general = {name: getattr(self, name) for name in _RULES}
        demanded = self.second_factor == "all" or (self.second_factor == "administrators" and administrator)
        return Rules(
            **general | _said(exceptions),
            needs_second_factor=demanded and user.kind is UserKind.PERSON,
            table=table,
            exceptions=exceptions,
        )


_RULES: Final = tuple(field.name for field in fields(Exceptions))


def read_policy(table: Table) -> Policy:
    """The table `policy`; what is absent has its default, what is wrong is noted."""
    default = Policy()
    second_factor = table.choice("second_factor", _SECOND_FACTORS, default=default.second_factor)
    people = _read_rules(table, default)
    return Policy(
        **people,
        owner_seen_within=table.number("owner_seen_within", default=0, least=0, most=_CENTURY),
        second_factor=next(
            (word for word in _SECOND_FACTORS if word == second_factor), default.second_factor
        ),
        administrators=_read_exceptions(table.table("administrators")),
        machines=_read_exceptions(_unasked(table.table("machines"))),
    )


def _read_exceptions(table: Table) -> Exceptions:
    rules = _read_rules(table, Policy())
    return Exceptions(**{name: rule for name, rule in rules.items() if name in table})


def _unasked(machines: Table) -> Table:
    if "confirm" in machines:
        machines.fault("nobody signs in as a machine, so there is nobody to ask", "confirm")
    return machines


def _read_rules(table: Table, default: Policy) -> dict[str, Any]:
    numbers = {
        "max_lifetime_days": _CENTURY,
        "max_live_tokens_per_user": 100_000,
        "max_creations_per_hour": 100_000,
    }
    return {
        "allow_no_expiration": table.flag("allow_no_expiration", default=default.allow_no_expiration),
        "confirm": _read_confirm(table, default.confirm),
        **{
            name: table.number(name, default=getattr(default, name), least=1, most=most)
            for name, most in numbers.items()
        },
    }


def _read_confirm(table: Table, default: Confirm) -> Confirm:
    match table.raw("confirm"):
        case None if "confirm" not in table:
            return default
        case "every" | "sign-in" as word:
            return word
        case int(seconds) if type(seconds) is int and 1 <= seconds <= _DAY:
            return seconds
    table.fault(f'must be "every", "sign-in" or 1 to {_DAY} seconds', "confirm")
    return default


def write_policy(policy: Policy) -> dict[str, Any]:
    """Every member, also where it has its default, so that a stored policy outlives a change of defaults."""
    return asdict(policy) | {
        "administrators": _said(policy.administrators),
        "machines": _said(policy.machines),
    }


def _said(exceptions: Exceptions) -> dict[str, Any]:
    return {name: rule for name in _RULES if (rule := getattr(exceptions, name)) is not None}
