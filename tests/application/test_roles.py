"""Roles: an auditor changes nothing, and there is always somebody who can administrate."""

import asyncio

import pytest

from service.application.administrators import LastAdministrator
from service.domain.errors import AuditorChangesNothing, Faulty, NotFound
from service.domain.secret import Secret
from service.domain.session import Carrier
from service.domain.user import Grant, GrantKind, Role, User
from tests.application.deployment import Deployment

PASSWORD = Secret("a slow walk along the grey canal")


async def change(on: Deployment, user: User, role: Role) -> User:
    return await on.services.governance.change_role(user.id, role, actor="user:root")


async def disable(on: Deployment, user: User) -> int:
    return await on.services.disable_user(user.id, actor="user:root")


async def enabled_administrators(on: Deployment) -> int:
    return await on.count("users", "role = 'administrator' AND disabled_at IS NULL")


async def test_a_role_is_changed_and_written_down(opened: Deployment) -> None:
    """R56; tokens go on, because roles are about this service and tokens about the APIs."""
    user = await opened.user()
    issued = await opened.token(user)

    changed = await change(opened, user, Role.AUDITOR)

    assert changed.role is Role.AUDITOR
    assert (await opened.services.find_user(user.name)).role is Role.AUDITOR
    [(detail,)] = await opened.sql("SELECT detail FROM audit WHERE action = 'user.role_changed'")
    assert detail == '{"now":"auditor","was":"user"}'
    assert await opened.is_active(issued)


async def test_a_session_of_another_role_ends(opened: Deployment) -> None:
    """R48: whoever held it could do other things; the same role again ends nothing."""
    user, invitation = await opened.services.create_user(
        name="ann", role=Role.USER, grant=Grant(), actor="test"
    )
    opened_session = await opened.services.invitations.accept(
        invitation, PASSWORD, name=None, carrier=Carrier.BEARER
    )
    find = opened.services.sessions.find

    await change(opened, user, Role.USER)
    still = await find(opened_session.secret, Carrier.BEARER)
    await change(opened, user, Role.ADMINISTRATOR)

    assert still is not None
    assert await find(opened_session.secret, Carrier.BEARER) is None


async def test_an_auditor_makes_and_renews_no_token(opened: Deployment) -> None:
    """Reads everything, changes nothing, also of their own; what they had before they may end."""
    eve = await opened.user()
    before = await opened.token(eve)
    await change(opened, eve, Role.AUDITOR)

    with pytest.raises(AuditorChangesNothing):
        await opened.token(eve)
    with pytest.raises(AuditorChangesNothing):
        await opened.regenerate(before.token)

    assert await opened.is_active(before)
    await opened.revoke(before.token)
    await change(opened, eve, Role.USER)
    assert await opened.is_active(await opened.token(eve))


async def test_a_token_made_while_its_owner_becomes_an_auditor_was_made_before(opened: Deployment) -> None:
    """The role is judged under the owner's lock: nothing is made for somebody who is an auditor already."""
    for turn in range(10):
        user = await opened.user()
        acts = [opened.token(user), change(opened, user, Role.AUDITOR)]
        outcomes = await asyncio.gather(*(acts if turn % 2 else reversed(acts)), return_exceptions=True)

        errors = [o for o in outcomes if isinstance(o, Exception)]
        made = await opened.count("token", f"owner_id = '{user.id}'")
        assert made == 1 - len(errors)
        assert all(isinstance(error, AuditorChangesNothing) for error in errors)


async def test_the_last_enabled_administrator_stays(opened: Deployment) -> None:
    """Neither disabled nor demoted; a disabled one beside them does not count."""
    root, former = [await opened.user(role=Role.ADMINISTRATOR) for _ in range(2)]
    await disable(opened, former)

    with pytest.raises(LastAdministrator):
        await disable(opened, root)
    with pytest.raises(LastAdministrator):
        await change(opened, root, Role.USER)
    with pytest.raises(LastAdministrator):
        await change(opened, root, Role.AUDITOR)

    assert (await change(opened, root, Role.ADMINISTRATOR)).role is Role.ADMINISTRATOR
    await disable(opened, former)
    await change(opened, former, Role.USER)
    assert await enabled_administrators(opened) == 1


async def test_two_administrators_cannot_remove_each_other(opened: Deployment) -> None:
    """At two processes at once, by disabling and by demoting: one of them stays."""
    async with opened.replicas() as replicas:
        for turn in range(8):
            await opened.sql("UPDATE users SET disabled_at = 1 WHERE role = 'administrator'")
            ann, bob = [await opened.user(role=Role.ADMINISTRATOR) for _ in range(2)]
            outcomes = await asyncio.gather(
                replicas[0].disable_user(ann.id, actor=f"user:{bob.id}")
                if turn % 2
                else replicas[0].governance.change_role(ann.id, Role.USER, actor=f"user:{bob.id}"),
                replicas[1].disable_user(bob.id, actor=f"user:{ann.id}"),
                return_exceptions=True,
            )

            assert [type(o) for o in outcomes if isinstance(o, Exception)] == [LastAdministrator]
            assert await enabled_administrators(opened) == 1


async def test_nobody_and_no_machine_gets_a_role(opened: Deployment) -> None:
    """Nobody signs in as a machine."""
    person = await opened.user(name="ann")
    machine = await opened.services.machines.create(
        name="robot", responsible=[person.name], grant=Grant(GrantKind.ALL), actor="root"
    )

    with pytest.raises(Faulty):
        await change(opened, machine.user, Role.ADMINISTRATOR)
    with pytest.raises(NotFound):
        await opened.services.governance.change_role("0" * 32, Role.USER, actor="root")
