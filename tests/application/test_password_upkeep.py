"""What becomes of a stored password and of the links to set one, over the years."""

import asyncio

import pytest

from service.application.passwords import is_same_password
from service.domain.errors import NotFound, SignInFailed
from service.domain.secret import Secret
from service.domain.session import Carrier, InvitationPurpose
from tests.application.deployment import CountingHasher, Deployment
from tests.application.people import ANOTHER, PASSWORD, arrive, find, from_afar, link_for, sign_in


class StrongerHasher(CountingHasher):
    """The same with the parameters of another year."""

    def __init__(self) -> None:
        super().__init__()
        stronger = {"time_cost": 2, "memory_cost": 16, "parallelism": 1}
        self._parameters = type(self._parameters)(
            **{name: getattr(self._parameters, name) for name in self._parameters.__slots__} | stronger
        )


async def stored(on: Deployment) -> str:
    [(hashed,)] = await on.sql("SELECT password_hash FROM users WHERE password_hash IS NOT NULL")
    return hashed


async def test_a_password_is_hashed_anew_once_its_parameters_have_changed(on: Deployment) -> None:
    """S17: At the next sign-in, without a question; the one after that hashes nothing."""
    async with on.process() as process:
        on.opened = process
        await arrive(on)
        before = await stored(on)
    on.hasher = StrongerHasher()

    async with on.process() as process:
        on.opened = process
        with pytest.raises(SignInFailed):
            await sign_in(on, "Ann Ulm", ANOTHER)
        untouched = await stored(on)
        await sign_in(on, "Ann Ulm")
        after, hashed = await stored(on), on.hasher.hashed
        session = await sign_in(on, "Ann Ulm")
        assert await find(on, session)

        assert untouched == before
        assert ("m=16,t=2" in after, "m=16,t=2" in before) == (True, False)
        assert is_same_password(before, after)
        assert (await stored(on), on.hasher.hashed) == (after, hashed)


async def test_signing_in_many_times_at_once_meanwhile_fails_for_nobody(on: Deployment) -> None:
    """The hash changes under those who checked the old one: it is the same password all the same."""
    async with on.process() as process:
        on.opened = process
        await arrive(on)
    on.hasher = StrongerHasher()

    async with on.process() as process:
        on.opened = process
        sessions = await asyncio.gather(*(sign_in(on, "Ann Ulm") for _ in range(6)))

        assert None not in [await find(on, session) for session in sessions]
        assert "m=16,t=2" in await stored(on)


async def test_a_password_that_was_replaced_meanwhile_is_not_brought_back(opened: Deployment) -> None:
    """A late upkeep writes nothing over a new password."""
    arrived = await arrive(opened)
    old = await stored(opened)
    link = await link_for(opened, arrived.user)
    await opened.services.invitations.accept(
        link, Secret(ANOTHER), name=None, carrier=Carrier.COOKIE, origin=from_afar()
    )
    new = await stored(opened)

    async with opened.storage.transaction() as tx:
        await tx.users.renew_hash(arrived.user.id, old, "$argon2id$v=19$m=8,t=1,p=1$AAAA$BBBB")

    assert await stored(opened) == new
    assert not is_same_password(old, new)
    with pytest.raises(SignInFailed):
        await sign_in(opened, "Ann Ulm", PASSWORD)


async def follow(on: Deployment, link: Secret) -> None:
    await on.services.invitations.accept(
        link, Secret(ANOTHER), name=None, carrier=Carrier.COOKIE, origin=from_afar()
    )


async def test_other_links_die_with_the_one_that_was_used(opened: Deployment) -> None:
    """Whoever asked twice, or for whom somebody else asked, leaves no open door; links of others stay good."""
    ann, bob = await arrive(opened, "ann"), await arrive(opened, "bob")
    links = [await link_for(opened, ann.user) for _ in range(2)]
    links.append(await link_for(opened, ann.user, InvitationPurpose.INVITATION))
    others = await link_for(opened, bob.user)

    await follow(opened, links[0])

    for link in links:
        with pytest.raises(NotFound):
            await follow(opened, link)
    await follow(opened, others)


async def test_links_die_when_somebody_changes_their_password(opened: Deployment) -> None:
    """A link that lies in a mailbox does not undo it."""
    ann = await arrive(opened)
    link = await link_for(opened, ann.user)
    who = await find(opened, ann)

    await opened.services.own_account.change_password(
        who, Secret(PASSWORD), Secret(ANOTHER), origin=from_afar()
    )

    with pytest.raises(NotFound):
        await follow(opened, link)


async def test_links_die_with_an_account_and_do_not_come_back_with_it(opened: Deployment) -> None:
    """Disabled and enabled again within its fifteen minutes."""
    ann = await arrive(opened)
    link = await link_for(opened, ann.user)

    await opened.services.disable_user(ann.user.id, actor="root")
    await opened.services.governance.enable_user(ann.user.id, actor="root")

    with pytest.raises(NotFound):
        await follow(opened, link)


async def test_of_two_links_followed_at_once_one_sets_the_password(opened: Deployment) -> None:
    """The account is held while its links end: the second finds its own gone, or was the one."""
    ann = await arrive(opened)
    links = [await link_for(opened, ann.user) for _ in range(2)]

    outcomes = await asyncio.gather(*(follow(opened, link) for link in links), return_exceptions=True)

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["NoneType", "NotFound"]
