from dataclasses import replace
from types import MappingProxyType

import pytest

from service.domain.token import NEVER, LastUse, TokenState
from service.domain.token_page import TokenPage
from tests.conformance.world import HOUR, World, new_id

LATE = 5_000_000_000
"""A time that does not fit into 32 bits."""


async def listed(world: World, **members: object) -> list[str]:
    """The notes of a page, in its order."""
    async with world.storage.reading() as read:
        rows = await read.tokens.page(TokenPage(owner_id=world.owner, **members))
    return [token.note for token, _ in rows]


async def test_a_record_comes_back_as_it_was_stored(world: World) -> None:
    """All members, with 64-bit times, metadata and text in any script."""
    token, value = await world.issue(
        note="Ünïcødé 'q\"; -- %_\\",
        scopes=("z:view", "a"),
        audiences=("https://b.example", "https://a.example"),
        allowed_ips=("10.0.0.0/8",),
        metadata=MappingProxyType({"b": [1, None], "a": "ä"}),
        not_before=LATE,
        expires_at=LATE + 1,
        last_use=LastUse(at=LATE, ip="::1", user_agent="curl"),
        suspended_at=LATE,
        suspended_by="admin",
        suspended_by_administrator=True,
        value={"not_before": LATE},
    )

    async with world.storage.reading() as read:
        assert await read.tokens.get(token.id) == token
        assert await read.tokens.live_values(token.id) == [value]
        assert await read.tokens.get(new_id()) is None
        assert await read.tokens.live_values(new_id()) == []


async def test_a_token_that_never_ends_has_no_expiry(world: World) -> None:
    """The grant never ends; the value carries the exp that RFC 9068 demands."""
    token, value = await world.issue(expires_at=None)

    async with world.storage.reading() as read:
        assert (await read.tokens.get(token.id)).expires_at is None
    assert value.expires_at == NEVER
    assert await world.reasons([value]) == [None]


async def test_a_change_writes_what_may_change_and_nothing_else(world: World) -> None:
    """Owner, order of creation and parents are written once."""
    token, _ = await world.issue()
    changed = replace(
        token,
        note="other",
        scopes=("x",),
        metadata=MappingProxyType({}),
        expires_at=9,
        suspended_at=7,
        suspended_by="admin",
        last_use=LastUse(at=8, ip=None, user_agent=None),
        jti=new_id(),
    )

    async with world.storage.transaction() as tx:
        assert await tx.tokens.lock(token.id) == token
        await tx.tokens.change(replace(changed, owner_id=new_id(), created_at=1, sequence=99, parent_id="p"))

    async with world.storage.reading() as read:
        assert await read.tokens.get(token.id) == changed


async def test_values_end_no_later_than_told_and_never_later_again(world: World) -> None:
    """Shortening an expiry ends the live values then; a later time changes nothing."""
    token, value = await world.issue()

    async with world.storage.transaction() as tx:
        await tx.tokens.end_values_at(token.id, value.expires_at - 10)
        await tx.tokens.end_values_at(token.id, value.expires_at - 5)
        [ended] = await tx.tokens.live_values(token.id)

    assert ended == replace(value, ends_at=value.expires_at - 10)


async def test_a_value_cannot_outlive_its_exp(world: World) -> None:
    """The service may end a value early, never late."""
    with pytest.raises(Exception, match=r"(?i)check constraint"):
        await world.issue(value={"ends_at": NEVER})


async def test_live_and_recent_tokens_are_counted(world: World) -> None:
    """The ceilings of the policy count what is neither revoked nor expired, and what was made lately."""
    other = await world.add_user()
    await world.issue()
    await world.issue(expires_at=None)
    await world.issue(suspended_at=5)
    await world.issue(expires_at=2, created_at=1, value={"expires_at": 2})
    revoked, _ = await world.issue()
    await world.revoke(revoked.id)
    await world.issue(owner_id=other.id)

    async with world.storage.reading() as read:
        now = await read.now()
        assert await read.tokens.count_live(world.owner) == 3
        assert await read.tokens.count_live(new_id()) == 0
        owners = [world.owner, other.id, *(new_id() for _ in range(40))]
        assert await read.tokens.counts(owners, since=now - 60) == {world.owner: (3, 4), other.id: (1, 1)}
        assert await read.tokens.counts([world.owner], since=now + 60) == {world.owner: (3, 0)}


async def test_a_page_shows_one_owners_tokens_without_revoked_ones(world: World) -> None:
    """Newest first by default; revoked ones only when asked for."""
    other = await world.add_user()
    for note in ("first", "second", "third"):
        await world.issue(note=note)
    gone, _ = await world.issue(note="gone")
    await world.revoke(gone.id)
    await world.issue(note="foreign", owner_id=other.id)

    assert await listed(world) == ["third", "second", "first"]
    assert await listed(world, descending=False) == ["first", "second", "third"]
    assert await listed(world, states=frozenset({"revoked"})) == ["gone"]


async def test_a_page_is_filtered_by_the_state_that_the_database_tells(world: World, offset) -> None:
    """The same order of reasons as the record's own: revoked, expired, suspended, active."""
    await world.issue(note="active")
    await world.issue(note="lasting", expires_at=None)
    await world.issue(note="paused", suspended_at=5)
    gone, _ = await world.issue(note="gone", suspended_at=5)
    await world.revoke(gone.id)
    states = ("active", "expired", "suspended", "revoked")

    now = {state: await listed(world, states=frozenset({state})) for state in states}
    offset.seconds = HOUR
    later = {state: await listed(world, states=frozenset({state})) for state in states}

    assert now == {
        "active": ["lasting", "active"],
        "expired": [],
        "suspended": ["paused"],
        "revoked": ["gone"],
    }
    assert later == {
        "active": ["lasting"],
        "expired": ["paused", "active"],
        "suspended": [],
        "revoked": ["gone"],
    }
    assert await listed(world, states=frozenset(states)) == ["gone", "paused", "lasting", "active"]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("BUILD", ["Build server"]),
        ("strasse", ["Straße"]),
        ("50%", ["50% off"]),
        ("%", ["50% off"]),
        ("_", ["a_b"]),
        ("\\", ["c\\d"]),
        ("a b", []),
        ("", ["c\\d", "a_b", "50% off", "Straße", "Build server"]),
        ("\0", []),
    ],
)
async def test_a_search_is_literal_and_ignores_case_alike(
    world: World, search: str, found: list[str]
) -> None:
    """The wildcards of LIKE stand for themselves, and both engines fold the same letters."""
    for note in ("Build server", "Straße", "50% off", "a_b", "c\\d"):
        await world.issue(note=note)

    assert await listed(world, search=search) == found


async def test_a_scope_is_found_whole_and_with_its_case(world: World) -> None:
    """`company` finds neither `company:view` nor `Company`, wherever in the list it stands."""
    await world.issue(note="first", scopes=("company", "x"))
    await world.issue(note="last", scopes=("x", "company"))
    await world.issue(note="only", scopes=("company",))
    await world.issue(note="longer", scopes=("company:view", "mycompany"))
    await world.issue(note="case", scopes=("Company",))

    assert await listed(world, scope="company") == ["only", "last", "first"]
    assert await listed(world, scope="%") == []


@pytest.mark.parametrize("descending", [True, False])
@pytest.mark.parametrize("sort", ["created", "expires", "last_used", "name"])
async def test_pages_follow_each_other_without_gap_or_repeat(
    world: World, sort: str, descending: bool
) -> None:
    """The cursor is the sort value and the sequence of the last row: ties and missing values included."""
    for n in range(9):
        await world.issue(
            note=f"{'aBc'[n % 3]}{n}",
            created_at=100 + n // 2,
            expires_at=[None, LATE, LATE + 7][n % 3],
            last_use=[None, LastUse(at=50 + n // 4, ip=None, user_agent=None)][n % 2],
        )
    whole = TokenPage(owner_id=world.owner, sort=sort, descending=descending)

    async with world.storage.reading() as read:
        expected = [token.note for token, _ in await read.tokens.page(whole)]
        walked: list[str] = []
        after = None
        while rows := await read.tokens.page(replace(whole, limit=2, after=after)):
            walked += [token.note for token, _ in rows]
            after = (rows[-1][1], rows[-1][0].sequence)

    assert walked == expected
    assert expected == _sorted_notes(sort, descending)


def _sorted_notes(sort: str, descending: bool) -> list[str]:
    values = {
        "created": lambda n: 100 + n // 2,
        "expires": lambda n: [NEVER, LATE, LATE + 7][n % 3],
        "last_used": lambda n: [0, 50 + n // 4][n % 2],
        "name": lambda n: f"{'abc'[n % 3]}{n}",
    }
    return [
        f"{'aBc'[n % 3]}{n}" for n in sorted(range(9), key=lambda n: (values[sort](n), n), reverse=descending)
    ]


async def test_a_scope_with_white_space_is_refused_before_it_is_stored(world: World) -> None:
    """Joined to the others it would come back as two."""
    for scopes in (("a b",), ("",), ("a\tb",)):
        with pytest.raises(ValueError, match="white space"):
            await world.issue(scopes=scopes)


async def test_a_batch_is_all_or_nothing(world: World) -> None:
    """A record without its value, or a value that is there already, never stays behind."""
    _, taken = await world.issue(note="kept")

    with pytest.raises(Exception, match=r"(?i)unique"):
        await world.issue(note="not kept", value={"token_hash": taken.token_hash})

    assert await listed(world) == ["kept"]


async def test_the_counts_are_those_of_the_list(world: World) -> None:
    """Every state with and without an end, children of paused ones among them; what is counted is what is listed."""
    async with world.storage.reading() as read:
        now = await read.now()
    paused, _ = await world.issue(note="paused", suspended_at=1)
    parent, _ = await world.issue(note="works", expires_at=None)
    await world.issue_child(paused, note="child of paused")
    await world.issue_child(parent, note="child")
    await world.issue(note="ends soon", expires_at=now + 60)
    await world.issue(note="over", expires_at=now - 60)
    await world.issue(note="paused and over", suspended_at=1, expires_at=now - 60)
    await world.issue(note="revoked", revoked_at=1, suspended_at=1)

    async with world.storage.reading() as read:
        counts = await read.tokens.summary(world.owner, now=now, soon=120)
        page = await read.tokens.page(TokenPage(owner_id=world.owner, states=frozenset(TokenState)))

    states = [str(token.state(now)) for token, _ in page]
    assert {state: states.count(state) for state in TokenState} == {
        state: getattr(counts, state) for state in TokenState
    }
    assert (counts.active, counts.suspended, counts.expired) == (3, 2, 2)
    assert (counts.ending, counts.ends_next) == (1, now + 60)
    for order in ("created", "expires", "last_used", "name"):
        suspended = await listed(world, states=frozenset({"suspended"}), sort=order, descending=False)
        assert sorted(suspended) == ["child of paused", "paused"], order
    assert sorted(await listed(world, states=frozenset({"suspended"}))) == ["child of paused", "paused"]
