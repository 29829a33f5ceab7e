"""Narrowing a grant ends what lies beyond it in the same transaction (R17, L42, threats 2 and 33)."""

import asyncio

import pytest

from keys import Purpose
from service.application.change_grant import GrantChange, SeenOtherwise
from service.domain.errors import Faulty, NotFound, ScopeExceedsGrant
from service.domain.identifiers import to_wire
from service.domain.overlap import Overlap
from service.domain.user import Grant, GrantKind, User
from service.web.services import Services
from tests.application.deployment import DAY, Deployment, a_request, values_of

INVALID = 1


def listed(*scopes: str) -> Grant:
    return Grant(GrantKind.LISTED, scopes)


async def narrow(
    on: Deployment, user: User, *scopes: str, services: Services | None = None, preview: str | None = None
) -> GrantChange:
    change_grant = (services or on.services).governance.change_grant
    return await change_grant(user.id, listed(*scopes), actor="user:root", preview=preview)


async def overlapping(on: Deployment, owner: User, *, old: str, new: str):
    """A token regenerated from one scope to another, with both values live."""
    first = await on.token(owner, scopes=(old,))
    second = await on.services.regenerate(
        first.token.id,
        a_request(note=None, scopes=(new,)),
        owner_id=owner.id,
        actor="owner",
        overlap=Overlap(seconds=DAY),
    )
    return first, second


async def test_what_lies_beyond_ends_and_what_lies_within_lives(opened: Deployment) -> None:
    """Truth, lists, records and the reason in them; nobody else's tokens, and nothing is re-scoped."""
    owner, other = await opened.user(), await opened.token(scopes=("embed",))
    within = await opened.token(owner, scopes=("company:view",))
    wide, mixed = [
        await opened.token(owner, scopes=scopes) for scopes in (("embed",), ("company:view", "embed:view"))
    ]
    paused = await opened.token(owner, scopes=("embed",))
    await opened.edit(paused.token, suspended=True)

    change = await narrow(opened, owner, "company:manage")

    ended = (wide, mixed, paused)
    assert {each.token_id for each in change.beyond} == {issued.token.id for issued in ended}
    assert change.revoked_values == 3
    assert [await opened.is_active(issued) for issued in (within, other, *ended)] == [True, True] + [
        False
    ] * 3
    assert [await opened.fresh_status(issued) for issued in ended] == [INVALID] * 3
    reasons = await opened.sql(
        "SELECT DISTINCT revoke_reason, revoked_by FROM token WHERE revoked_at IS NOT NULL"
    )
    assert reasons == [("grant_narrowed", "user:root")]
    token, _ = await opened.services.get_token(mixed.token.id, owner_id=owner.id)
    assert token.scopes == ("company:view", "embed:view")
    with pytest.raises(ScopeExceedsGrant):
        await opened.token(owner, scopes=("embed",))


async def test_it_is_one_transaction_with_its_audit(opened: Deployment) -> None:
    """R56: one revision, the change with what was and is, and a row for each token."""
    owner = await opened.user("embed", "company")
    made = [await opened.token(owner, scopes=("embed",)) for _ in range(3)]

    await narrow(opened, owner, "company")

    [(detail,)] = await opened.sql("SELECT detail FROM audit WHERE action = 'user.grant_changed'")
    assert detail == '{"now":["company"],"tokens":3,"values":3,"was":["embed","company"]}'
    assert [await opened.audit(f"token:{issued.token.id}") for issued in made] == [
        ["token.created", "token.revoked"]
    ] * 3
    assert await opened.sql("SELECT count(DISTINCT revision), count(*) FROM status_change") == [(1, 3)]


async def test_a_look_tells_what_would_end_and_changes_nothing(opened: Deployment) -> None:
    """Preview first: the same tokens, with what of each is too much."""
    owner = await opened.user()
    wide = await opened.token(owner, scopes=("company", "embed:view", "embed"))
    await opened.token(owner, scopes=("company",))
    before = await opened.dump()

    seen = await opened.services.governance.change_grant.look(owner.id, listed("company"))

    assert [(each.token_id, each.scopes) for each in seen.beyond] == [
        (wide.token.id, ("embed:view", "embed"))
    ]
    assert seen.revoked_values == 0
    assert await opened.dump() == before
    done = await narrow(opened, owner, "company", preview=seen.preview)
    assert done.beyond == seen.beyond


async def test_who_lost_the_race_after_the_look_changes_nothing(opened: Deployment) -> None:
    """Another token, one fewer, or another grant: what was agreed to is what happens, or nothing."""
    owner = await opened.user()
    first = await opened.token(owner, scopes=("embed",))
    look = opened.services.governance.change_grant.look

    seen = await look(owner.id, listed("company"))
    second = await opened.token(owner, scopes=("embed",))
    with pytest.raises(SeenOtherwise):
        await narrow(opened, owner, "company", preview=seen.preview)
    seen = await look(owner.id, listed("company"))
    await opened.revoke(first.token)
    with pytest.raises(SeenOtherwise):
        await narrow(opened, owner, "company", preview=seen.preview)
    seen = await look(owner.id, listed("company"))
    await narrow(opened, owner, "company", "embed")
    with pytest.raises(SeenOtherwise):
        await narrow(opened, owner, "company", preview=seen.preview)
    with pytest.raises(SeenOtherwise):
        await narrow(opened, owner, "embed", preview=seen.preview)

    assert await opened.is_active(second)
    within = await opened.token(owner, scopes=("company",))
    seen = await look(owner.id, listed("company"))
    await opened.revoke(within.token)
    assert (await narrow(opened, owner, "company", preview=seen.preview)).revoked_values == 1


async def test_a_wider_grant_ends_nothing(opened: Deployment) -> None:
    """Also not in its overlap."""
    owner = await opened.user("embed", "company")
    pair = await overlapping(opened, owner, old="embed", new="company")

    change = await opened.services.governance.change_grant(owner.id, Grant(GrantKind.ALL), actor="root")

    assert change.beyond == ()
    assert [await opened.is_active(issued) for issued in pair] == [True, True]


async def test_a_replaced_value_is_judged_by_what_it_carries_itself(opened: Deployment) -> None:
    """The record was regenerated with fewer scopes; the value before goes on with the old ones: that alone ends."""
    owner = await opened.user()
    old, new = await overlapping(opened, owner, old="embed", new="company")

    change = await narrow(opened, owner, "company")

    [found] = change.beyond
    assert (found.whole, found.scopes) == (False, ("embed",))
    assert [await opened.is_active(issued) for issued in (old, new)] == [False, True]
    assert [await opened.fresh_status(issued) for issued in (old, new)] == [INVALID, 0]
    assert (await opened.audit(f"token:{old.token.id}"))[-1] == "token.overlap_ended"


async def test_a_record_ends_with_its_current_value(opened: Deployment) -> None:
    """Where the new value carries too much, the old one ends with the record."""
    owner = await opened.user()
    pair = await overlapping(opened, owner, old="company", new="embed")

    change = await narrow(opened, owner, "company")

    assert change.revoked_values == 2
    assert [await opened.is_active(issued) for issued in pair] == [False, False]


async def test_the_catalogues_default_narrows_as_well(opened: Deployment) -> None:
    """From everything to the default, which is a grant like any other."""
    document = opened.services.current.catalogue.to_document()
    document["grants"]["default"] = ["company"]
    await opened.services.apply_catalogue(
        type(opened.services.current.catalogue).from_document(document), actor="a"
    )
    owner = await opened.user()
    issued = await opened.token(owner, scopes=("embed",))

    await opened.services.governance.change_grant(owner.id, Grant(), actor="root")

    assert not await opened.is_active(issued)


async def test_a_machine_is_narrowed_like_a_person(opened: Deployment) -> None:
    """What an administrator delegated is taken back the same way."""
    person = await opened.user(name="ann")
    machine = await opened.services.machines.create(
        name="robot", responsible=[to_wire(person.id)], grant=listed("embed", "company"), actor="root"
    )
    issued = await opened.token(machine.user, scopes=("embed",))

    await narrow(opened, machine.user, "company")

    assert not await opened.is_active(issued)


async def test_a_grant_that_cannot_be_changes_nothing(opened: Deployment) -> None:
    """An unknown scope, no scope, nobody."""
    owner = await opened.user()
    issued = await opened.token(owner)
    before = await opened.dump()

    for scopes in (("nope",), ()):
        with pytest.raises(Faulty):
            await narrow(opened, owner, *scopes)
    with pytest.raises(NotFound):
        await opened.services.governance.change_grant("0" * 32, listed("embed"), actor="root")

    assert await opened.dump() == before
    assert await opened.is_active(issued)


async def test_nothing_made_while_a_grant_is_narrowed_lies_beyond_it(opened: Deployment) -> None:
    """Threats 2: create and narrow at once, either order, at two processes: truth and lists agree."""
    made, refused = [], 0
    async with opened.replicas() as replicas:
        for turn in range(24):
            owner = await opened.user()
            creating = [opened.token(owner, scopes=("embed",), services=replicas[n % 2]) for n in range(3)]
            narrowing = narrow(opened, owner, "company", services=replicas[turn % 2])
            acts = [narrowing, *creating] if turn % 4 < 2 else [*creating, narrowing]
            begun = asyncio.ensure_future(acts[0])
            for _ in range(turn):
                await asyncio.sleep(0)
            outcomes = await asyncio.gather(begun, *acts[1:], return_exceptions=True)

            refusals = [o for o in outcomes if isinstance(o, Exception)]
            assert all(isinstance(refusal, ScopeExceedsGrant) for refusal in refusals)
            refused += len(refusals)
            made += [issued for issued in values_of(outcomes) if not isinstance(issued, GrantChange)]

    assert made
    assert refused
    assert not [issued for issued in made if await opened.is_active(issued)]
    assert {await opened.fresh_status(issued) for issued in made} == {INVALID}


async def test_a_renewal_and_a_narrowing_at_once_leave_nothing_beyond(opened: Deployment) -> None:
    """Whichever comes first: the new value is refused, or ends with the old one."""
    for turn in range(10):
        owner = await opened.user()
        first = await opened.token(owner, scopes=("embed",))
        acts = [opened.regenerate(first.token), narrow(opened, owner, "company")]
        outcomes = await asyncio.gather(*(acts if turn % 2 else reversed(acts)), return_exceptions=True)

        live = [o for o in outcomes if not isinstance(o, Exception | GrantChange)]
        assert not [issued for issued in [first, *live] if await opened.is_active(issued)]
        assert await opened.count("token", f"owner_id = '{owner.id}' AND revoked_at IS NULL") == 0


async def test_two_narrowings_at_once_leave_what_both_allow_or_the_later_one_does(opened: Deployment) -> None:
    """The second is judged by what the first one left."""
    owner = await opened.user()
    kinds = ("embed", "company", "dashboard")
    made = {scope: await opened.token(owner, scopes=(scope,)) for scope in kinds}
    async with opened.replicas() as replicas:
        await asyncio.gather(
            narrow(opened, owner, "embed", "company", services=replicas[0]),
            narrow(opened, owner, "company", "dashboard", services=replicas[1]),
        )

    assert [await opened.is_active(made[scope]) for scope in kinds] == [False, True, False]


async def test_narrowing_compromise_and_revocations_at_once_all_happen(opened: Deployment) -> None:
    """Locks are taken in the one order, so that none waits for another that waits for it."""
    owner = await opened.user()
    made = [await opened.token(owner, scopes=("embed",)) for _ in range(12)]
    for _ in range(3):
        made += await overlapping(opened, owner, old="embed", new="company")
    kid = opened.services.current.ring.active(Purpose.ACCESS_TOKEN).kid

    outcomes = await asyncio.gather(
        narrow(opened, owner, "company"),
        opened.services.compromise_key(kid, actor="root", reason="drill"),
        *(opened.revoke(issued.token) for issued in made[:4]),
        return_exceptions=True,
    )

    assert [o for o in outcomes if isinstance(o, Exception)] == []
