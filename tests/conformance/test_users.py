from dataclasses import replace

import pytest

from service.domain.user import Grant, GrantKind, Role, UserKind
from service.storage import Database
from tests.conformance.world import World, a_user, new_id


async def test_an_account_comes_back_as_it_was_stored(storage: Database) -> None:
    """Nothing is lost or guessed on the way: roles, kinds, grants, empty and odd text."""
    user = a_user(
        name="Ünïcødé 'q\"; --",
        kind=UserKind.MACHINE,
        role=Role.AUDITOR,
        password_hash="$argon2id$",
        grant=Grant(GrantKind.LISTED, ("a:view", "b")),
        disabled_at=7,
    )

    async with storage.transaction() as tx:
        assert await tx.users.add(user)

    async with storage.reading() as read:
        assert await read.users.get(user.id) == user
        assert await read.users.get(new_id()) is None


@pytest.mark.parametrize(("stored", "asked"), [("Ada", "aDA"), ("Straße", "STRASSE"), ("ΣΊΣΥΦΟΣ", "σίσυφος")])
async def test_names_are_compared_folded_alike_on_both_engines(
    storage: Database, stored: str, asked: str
) -> None:
    """The engines fold case differently beyond ASCII; so we fold, and they compare."""
    user = a_user(name=stored)

    async with storage.transaction() as tx:
        assert await tx.users.add(user)
        assert not await tx.users.add(a_user(name=asked))

    async with storage.reading() as read:
        assert await read.users.find(asked) == user


async def test_a_taken_name_leaves_the_transaction_usable(storage: Database) -> None:
    """On PostgreSQL an error would have ended it; a conflict is a row that is not there."""
    async with storage.transaction() as tx:
        assert await tx.users.add(a_user(name="ada"))
        assert not await tx.users.add(a_user(name="ADA"))
        assert await tx.users.add(a_user(name="bob"))

    async with storage.reading() as read:
        assert await read.users.find("bob") is not None


@pytest.mark.parametrize("name", ["a\0b", "a\ud800b", "ä\0b"])
async def test_a_name_that_cannot_be_stored_is_nobodys_and_is_refused(storage: Database, name: str) -> None:
    """PostgreSQL stores no NUL and neither engine a lone surrogate: both say so before the driver is asked."""
    async with storage.transaction() as tx:
        with pytest.raises(ValueError, match="cannot be stored"):
            await tx.users.add(a_user(name=name))
        assert await tx.users.find(name) is None
        assert await tx.users.add(a_user(name="still usable"))


async def test_locking_answers_the_row_as_it_is_and_raises_its_version(world: World) -> None:
    """The version is the portable row lock: who reads it has waited for whoever held it."""
    async with world.storage.transaction() as tx:
        first = await tx.users.lock(world.owner)
        second = await tx.users.lock(world.owner)
        unknown = await tx.users.lock(new_id())

    assert second == replace(first, version=first.version + 1)
    assert unknown is None


async def test_many_are_held_at_once(world: World) -> None:
    """As one by one: each at its next version, and nobody for an id that is unknown."""
    owners = [world.owner, *[(await world.add_user()).id for _ in range(40)]]
    async with world.storage.transaction() as tx:
        first = await tx.users.lock_all([*owners, new_id()])
        second = await tx.users.lock_all(owners)

    assert first.keys() == second.keys() == set(owners)
    assert second == {id_: replace(user, version=user.version + 1) for id_, user in first.items()}


async def test_a_change_writes_what_may_change(world: World) -> None:
    """Role, password, grant and end; the rest of the row stays."""
    grant = Grant(GrantKind.LISTED, ("x", "y:view"))
    async with world.storage.transaction() as tx:
        before = await tx.users.lock(world.owner)
        await tx.users.change(
            world.owner, role=Role.ADMINISTRATOR, password_hash="h", grant=grant, disabled_at=9
        )

    async with world.storage.reading() as read:
        after = await read.users.get(world.owner)
    assert after == replace(before, role=Role.ADMINISTRATOR, password_hash="h", grant=grant, disabled_at=9)


async def test_an_administrator_exists_from_the_first_one_on(world: World) -> None:
    """Also a disabled one: disabling the last administrator must not open the first one's link again."""
    async with world.storage.reading() as read:
        assert not await read.users.administrator_exists()

    await world.add_user(role=Role.ADMINISTRATOR, disabled_at=3)

    async with world.storage.reading() as read:
        assert await read.users.administrator_exists()
