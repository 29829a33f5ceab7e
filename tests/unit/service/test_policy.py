import pytest

from service.domain.policy import Exceptions, Policy
from service.domain.user import Grant, Role, User, UserKind

POLICY = Policy(
    max_lifetime_days=90,
    confirm=300,
    administrators=Exceptions(confirm="every", allow_no_expiration=False),
    machines=Exceptions(max_lifetime_days=30),
)


def a_user(role: Role = Role.USER, kind: UserKind = UserKind.PERSON) -> User:
    return User(id="0" * 32, kind=kind, name="x", role=role, password_hash=None, grant=Grant(), created_at=0)


@pytest.mark.parametrize(
    ("user", "days", "endless", "confirm"),
    [
        (a_user(), 90, True, 300),
        (a_user(Role.AUDITOR), 90, True, 300),
        (a_user(Role.ADMINISTRATOR), 90, False, "every"),
        (a_user(kind=UserKind.MACHINE), 30, True, 300),
    ],
)
def test_what_a_kind_of_user_is_not_excepted_from_holds_for_it_as_for_people(
    user: User, days: int, endless: bool, confirm: object
) -> None:
    """R18: one line in the policy binds everybody, until another one says otherwise for somebody."""
    rules = POLICY.of(user)

    assert (rules.max_lifetime_days, rules.allow_no_expiration, rules.confirm) == (days, endless, confirm)


def test_a_rule_knows_where_the_policy_says_it() -> None:
    """Whoever is refused, and whoever may change that, looks in the same place."""
    rules = POLICY.of(a_user(kind=UserKind.MACHINE))

    assert rules.place("max_lifetime_days") == "policy.machines.max_lifetime_days"
    assert rules.place("max_creations_per_hour") == "policy.max_creations_per_hour"
    assert POLICY.of(a_user()).place("max_lifetime_days") == "policy.max_lifetime_days"


@pytest.mark.parametrize(
    ("said", "user", "administrator", "machine"),
    [
        ("off", False, False, False),
        ("optional", False, False, False),
        ("administrators", False, True, False),
        ("all", True, True, False),
    ],
)
def test_a_second_factor_is_needed_by_whom_the_policy_names(
    said: str, user: bool, administrator: bool, machine: bool
) -> None:
    """Machines have no password, and so nothing that could be a second one."""
    policy = Policy(second_factor=said)
    people = (a_user(), a_user(Role.ADMINISTRATOR), a_user(kind=UserKind.MACHINE))

    assert [policy.of(each).needs_second_factor for each in people] == [user, administrator, machine]
