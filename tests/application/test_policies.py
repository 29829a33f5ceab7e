"""One policy, told apart by kind of user: what holds for people, for administrators and for machine users."""

import asyncio

import pytest

from service.application.catalogue import Applied, CatalogueChangedMeanwhile
from service.domain.errors import Busy, Faulty, LimitReached
from service.domain.policy import Exceptions, Policy
from service.domain.user import Grant, GrantKind, Role, User
from tests.application.deployment import Deployment


async def set_policy(on: Deployment, **members: object) -> Applied:
    return await on.services.governance.policies.put(Policy(**members), actor="administrator")


async def a_machine(on: Deployment) -> User:
    responsible = await on.user(name="responsible")
    machine = await on.services.machines.create(
        name="robot", responsible=[responsible.name], grant=Grant(GrantKind.ALL), actor="administrator"
    )
    return machine.user


async def test_each_kind_of_user_has_its_longest_life(opened: Deployment) -> None:
    """R18: and the refusal names the place in the policy that set it."""
    await set_policy(
        opened,
        max_lifetime_days=30,
        administrators=Exceptions(max_lifetime_days=7),
        machines=Exceptions(max_lifetime_days=90, allow_no_expiration=False),
    )
    person, root = await opened.user(), await opened.user(role=Role.ADMINISTRATOR)
    machine = await a_machine(opened)

    for owner, days in ((person, 30), (root, 7), (machine, 90)):
        await opened.token(owner, days=days)
    refusals = [
        await refusal(opened, owner, days)
        for owner, days in ((person, 31), (root, 8), (machine, 91), (machine, None))
    ]

    assert refusals == [
        "policy.max_lifetime_days",
        "policy.administrators.max_lifetime_days",
        "policy.machines.max_lifetime_days",
        "policy.machines.allow_no_expiration",
    ]
    await opened.token(person, days=None)


async def refusal(on: Deployment, owner: User, days: int | None) -> str:
    """The place in the policy that the refusal of such a token names."""
    with pytest.raises(Faulty) as refused:
        await on.token(owner, days=days)
    [fault] = refused.value.faults
    return fault.detail.partition("(")[2].partition(")")[0]


async def test_each_kind_of_user_has_its_ceilings(opened: Deployment) -> None:
    """R18: live tokens and creations an hour, each named where it is met."""
    await set_policy(
        opened,
        max_live_tokens_per_user=1,
        machines=Exceptions(max_live_tokens_per_user=9, max_creations_per_hour=2),
    )
    person, machine = await opened.user(), await a_machine(opened)
    for owner in (person, machine, machine):
        await opened.token(owner)

    with pytest.raises(LimitReached) as too_many:
        await opened.token(person)
    with pytest.raises(Busy) as too_fast:
        await opened.token(machine)

    assert too_many.value.policy == "policy.max_live_tokens_per_user"
    assert "(policy.machines.max_creations_per_hour)" in str(too_fast.value)
    assert (too_fast.value.quota.limit, too_fast.value.quota.window) == (2, 3_600)


async def test_a_stricter_policy_is_met_at_the_next_value(opened: Deployment) -> None:
    """What lives goes on as it was granted; regenerate judges anew (threats 12)."""
    issued = await opened.token(days=300)

    await set_policy(opened, max_lifetime_days=30)

    assert await opened.is_active(issued)
    with pytest.raises(Faulty, match=r"policy\.max_lifetime_days"):
        await opened.regenerate(issued.token, days=31)


async def test_a_policy_is_put_in_force_and_nothing_else_is_changed(opened: Deployment) -> None:
    """R56: the difference is told and audited; the rest of the catalogue stays as it is."""
    before = opened.services.current.catalogue

    seen = await opened.services.governance.policies.put(
        Policy(machines=Exceptions(max_lifetime_days=9)), actor="administrator", dry_run=True
    )
    unchanged = await opened.services.governance.policies.get()
    done = await opened.services.governance.policies.put(
        Policy(machines=Exceptions(max_lifetime_days=9)), actor="administrator", expected_version=seen.version
    )

    assert unchanged == (before.policy, 1)
    assert done.changes == seen.changes
    assert "changed policy machines: max_lifetime_days nothing → 9" in map(str, done.changes)
    assert (await opened.services.governance.policies.get())[1] == 2
    assert opened.services.current.catalogue.scopes == before.scopes
    assert (await opened.audit("catalogue"))[-1] == "catalogue.applied"


async def test_of_two_policies_at_once_one_is_put_in_force(opened: Deployment) -> None:
    """The other is told to look again, at this process or another."""
    async with opened.replicas() as replicas:
        outcomes = await asyncio.gather(
            *(
                replicas[n % 2].governance.policies.put(
                    Policy(max_lifetime_days=n), actor="a", expected_version=1
                )
                for n in range(1, 7)
            ),
            return_exceptions=True,
        )

    assert sum(isinstance(outcome, Applied) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, CatalogueChangedMeanwhile) for outcome in outcomes) == 5
    assert await opened.count("catalogue") == 2
