"""Owners who are not here for long (policy `owner_seen_within`)."""

import asyncio
from dataclasses import replace

from service.application.absence import PauseAbsent
from service.domain.absence import ABSENCE
from service.domain.secret import Secret
from service.domain.session import Carrier
from service.domain.user import Grant, GrantKind, Role, User
from tests.application.deployment import DAY, Deployment

VALID, SUSPENDED = 0, 2
PASSWORD = "a slow walk along the grey canal"
WITHIN = 30 * DAY


async def a_policy(opened: Deployment, days: int = 30) -> PauseAbsent:
    catalogue = opened.services.current.catalogue
    policy = replace(catalogue.policy, owner_seen_within=days)
    await opened.services.apply_catalogue(replace(catalogue, policy=policy), actor="test")
    return PauseAbsent(opened.storage, opened.services.current)


async def sign_in(opened: Deployment, owner: User) -> None:
    await opened.services.sessions.sign_in(owner.name, Secret(PASSWORD), carrier=Carrier.BEARER)


async def somebody(opened: Deployment, name: str) -> User:
    """Who has just signed in."""
    user, link = await opened.services.create_user(
        name=name, role=Role.USER, grant=Grant(GrantKind.ALL), actor="test"
    )
    await opened.services.invitations.accept(link, Secret(PASSWORD), name=None, carrier=Carrier.BEARER)
    return user


async def test_tokens_pause_when_their_owner_is_long_gone_and_go_on_when_they_come(
    opened: Deployment,
) -> None:
    """Status 2 at every verifier (design section 3), told to the owner, audited; the sign-in brings back exactly what
    this reason had paused: neither what the owner nor what an administrator paused, before or since.
    """
    pause = await a_policy(opened)
    ann = await somebody(opened, "ann")
    here, own, office, since = [await opened.token(ann, days=300) for _ in range(4)]
    await opened.edit(own.token, suspended=True)
    await opened.edit(office.token, suspended=True, administrator=True)
    assert await pause() == 0

    opened.clock.advance(WITHIN + 1)
    paused = await pause()
    await opened.edit(since.token, suspended=True, administrator=True)
    gone = [await opened.fresh_status(each) for each in (here, own, office, since)]
    introspected = await opened.is_active(here)
    again = await pause()
    await sign_in(opened, ann)
    back = [await opened.fresh_status(each) for each in (here, own, office, since)]

    assert (paused, again) == (2, 0)
    assert gone == [SUSPENDED] * 4
    assert not introspected
    assert back == [VALID, SUSPENDED, SUSPENDED, SUSPENDED]
    assert await opened.is_active(here)
    assert (await opened.audit(f"token:{here.token.id}"))[-2:] == ["token.paused", "token.resumed"]
    told = await opened.sql("SELECT kind FROM notice WHERE kind LIKE 'tokens.%' ORDER BY kind")
    assert [kind for (kind,) in told] == ["tokens.paused", "tokens.resumed"]


async def test_nobody_pauses_who_was_here_or_is_no_person(opened: Deployment) -> None:
    """A sign-in counts from its moment, an account that nobody used from when it was made; machines sign in nowhere,
    and without the policy nothing pauses.
    """
    pause = await a_policy(opened)
    ann, bob = await somebody(opened, "ann"), await opened.user(name="bob")
    robot = await opened.services.machines.create(
        name="robot", responsible=["ann"], grant=Grant(GrantKind.ALL), actor="test"
    )
    tokens = [await opened.token(owner, days=300) for owner in (ann, bob, robot.user)]
    opened.clock.advance(WITHIN - DAY)
    await sign_in(opened, ann)
    opened.clock.advance(2 * DAY)

    paused = await pause()

    assert paused == 1
    assert [await opened.is_active(token) for token in tokens] == [True, False, True]
    assert await (await a_policy(opened, 0))() == 0


async def test_whoever_comes_while_their_tokens_are_being_paused_has_them_working(
    opened: Deployment,
) -> None:
    """In either order the sign-in has the last word: no token of somebody who is here stays paused."""
    pause = await a_policy(opened)
    people = [await somebody(opened, f"person {number}") for number in range(6)]
    tokens = [await opened.token(person, days=300) for person in people]
    opened.clock.advance(WITHIN + 1)

    await asyncio.gather(pause(), *(sign_in(opened, person) for person in people), pause())

    assert [await opened.is_active(token) for token in tokens] == [True] * len(people)
    assert [await opened.fresh_status(token) for token in tokens] == [VALID] * len(people)
    left = await opened.sql(f"SELECT id FROM token WHERE suspended_by = '{ABSENCE}'")
    assert left == []
