"""Tokens made by tokens: one level deep, never more than what made them, and gone with it (threats 11)."""

import asyncio
from typing import Any

import pytest
from safeconduct.errors import InsufficientScope

from service.application.families import demand_scope
from service.application.idempotency import Repeated
from service.domain.descent import SCOPE
from service.domain.errors import (
    Faulty,
    LimitReached,
    NotAllowed,
    NotFound,
    ScopeExceedsGrant,
    TokenIsRevoked,
    TokenIsSuspended,
)
from service.domain.issuance import Expiry
from service.domain.token_page import TokenPage
from service.domain.user import Grant, GrantKind
from tests.application.deployment import DAY, REPORTS, Deployment, a_request, claims_of, values_of
from tests.application.descending import (
    a_child,
    a_child_once,
    a_parent,
    renewed_by,
    speaking,
    with_children,
)
from tests.application.renewing import a_key, alive, renewed

VALID, INVALID, SUSPENDED = 0, 1, 2


@pytest.fixture
async def making(opened: Deployment) -> Deployment:
    await with_children(opened)
    return opened


async def statuses(on: Deployment, *values: Any) -> list[int]:
    return [await on.fresh_status(value) for value in values]


async def test_a_child_is_its_owners_with_what_its_parent_has(making: Deployment) -> None:
    """APIs and networks are the parent's where none are named; it is audited under the token that made it."""
    parent = await a_parent(making, audiences=(REPORTS,), allowed_ips=("10.0.0.0/8",))

    child = await a_child(making, parent)

    assert (child.token.owner_id, child.token.parent_id) == (parent.token.owner_id, parent.token.id)
    claims = claims_of(child)
    assert (claims["aud"], claims["allowed_ips"]) == (REPORTS, ["10.0.0.0/8"])
    assert claims["sub"] == claims_of(parent)["sub"]
    assert await making.count("audit", f"actor = 'token:{parent.token.id}'") == 1


BEYOND = [
    ({"scopes": ("embed",)}, ScopeExceedsGrant),
    ({"scopes": ("company:view", "automation")}, ScopeExceedsGrant),
    ({"scopes": (SCOPE,)}, ScopeExceedsGrant),
    ({"scopes": ("company:view", SCOPE)}, ScopeExceedsGrant),
    ({"audiences": (REPORTS,)}, Faulty),
    ({"days": 31}, Faulty),
    ({"days": None}, Faulty),
    ({"allowed_ips": ("0.0.0.0/0",)}, Faulty),
    ({"allowed_ips": ("10.1.0.0/16", "192.0.2.0/24")}, Faulty),
    ({"allowed_ips": ("2001:db8::/32",)}, Faulty),
    ({"allowed_ips": ("::ffff:10.0.0.0/104",)}, Faulty),
]


@pytest.mark.parametrize(("members", "refusal"), BEYOND)
async def test_a_child_is_never_more_than_its_parent(
    making: Deployment, members: dict[str, Any], refusal: type[Exception]
) -> None:
    """Threats 11, T8: neither scope, API, life nor network; when made and when renewed, by whomever."""
    parent = await a_parent(making, days=30, allowed_ips=("10.0.0.0/8",))
    child = await a_child(making, parent)

    with pytest.raises(refusal):
        await a_child(making, parent, **members)
    for by in (parent, None):
        with pytest.raises(refusal):
            await renewed_by(making, by, child.token, **members)

    assert await making.count("token_value") == 2
    assert await making.is_active(child, services=None) is False  # introspected without an address
    assert await statuses(making, parent, child) == [VALID, VALID]


@pytest.mark.parametrize(
    "members",
    [
        {"scopes": ("automation:view", "company")},
        {"scopes": ("company:view",), "allowed_ips": ("10.1.0.0/16", "10.2.3.4/32")},
        {"expiry": None},
        {"days": 1},
        {"allowed_ips": ()},
    ],
)
async def test_a_child_may_have_all_that_its_parent_has(making: Deployment, members: dict[str, Any]) -> None:
    """Up to the very end, or a part of it. To name no networks is to have the parent's."""
    parent = await a_parent(making, days=30, allowed_ips=("10.0.0.0/8",))
    if "expiry" in members:
        members = {"expiry": Expiry(at=parent.token.expires_at)}

    child = await a_child(making, parent, **members)
    again = await renewed_by(making, parent, child.token, **members)

    for value in (child, again):
        assert claims_of(value)["exp"] <= claims_of(parent)["exp"]
        assert all(network.startswith("10.") for network in claims_of(value)["allowed_ips"])


async def test_only_a_catalogue_that_offers_it_makes_children(opened: Deployment) -> None:
    """R16: without the scope in the catalogue, or in the token, nothing is made."""
    plain = await opened.token()
    with pytest.raises(InsufficientScope):
        demand_scope((SCOPE,), opened.services.current.catalogue)
    with pytest.raises(NotAllowed):
        await a_child(opened, plain)

    await with_children(opened)
    with pytest.raises(NotAllowed):
        await a_child(opened, plain)
    demand_scope((SCOPE,), opened.services.current.catalogue)


async def test_a_child_makes_no_children(making: Deployment) -> None:
    """One level deep, also for a child that somehow has the scope."""
    parent = await a_parent(making)
    child = await a_child(making, parent)
    await making.sql(f"UPDATE token SET scopes = '{SCOPE} company' WHERE id = '{child.token.id}'")

    forged = speaking(child)
    with pytest.raises(NotAllowed):
        await making.services.issue(
            a_request(scopes=("company",), days=1),
            owner_id=child.token.owner_id,
            actor="x",
            parent=type(forged)(token_id=forged.token_id, jti=forged.jti, scopes=(SCOPE, "company")),
        )


async def test_it_acts_on_its_own_children_alone(making: Deployment) -> None:
    """Threats 11: no sibling, no parent, not itself, nobody else's; it is as if they were not there."""
    owner = await making.user()
    parent, sibling = await a_parent(making, owner=owner), await a_parent(making, owner=owner)
    mine, nephew = await a_child(making, parent), await a_child(making, sibling)
    foreign = await a_child(making, await a_parent(making))
    who = {"owner_id": owner.id, "made_by": parent.token.id}

    assert (await making.services.get_token(mine.token.id, **who))[0].id == mine.token.id
    listed = await making.services.list_tokens(TokenPage(owner_id=owner.id, parent_id=parent.token.id))
    assert [token.id for token in listed.tokens] == [mine.token.id]
    for other in (parent, sibling, nephew, foreign):
        with pytest.raises(NotFound):
            await making.services.get_token(other.token.id, **who)
        with pytest.raises(NotFound):
            await making.services.revoke(other.token.id, actor="x", reason="x", **who)
        with pytest.raises(NotFound):
            await making.services.regenerate(
                other.token.id,
                a_request(scopes=("company",), days=1),
                owner_id=owner.id,
                actor="x",
                parent=speaking(parent),
            )
    await making.services.revoke(mine.token.id, actor="x", reason="x", **who)
    assert await alive(making, parent, sibling, nephew, foreign, mine) == [True] * 4 + [False]


@pytest.mark.parametrize("end", ["revoked", "regenerated", "presented", "bulk", "disabled"])
async def test_children_end_with_what_made_them(making: Deployment, end: str) -> None:
    """In the same transaction, at introspection and in the lists alike; the records of children too."""
    parent = await a_parent(making)
    children = [await a_child(making, parent) for _ in range(2)]
    renewed_child = await renewed_by(making, parent, children[0].token)
    other = await a_child(making, await a_parent(making))
    services = making.services
    match end:
        case "revoked":
            await making.revoke(parent.token)
        case "regenerated":
            await making.regenerate(parent.token, scopes=(SCOPE, "company"))
        case "presented":
            await services.revoke_presented(parent.jwt.reveal(), client=None)
        case "bulk":
            await services.revoke_many.by_ids([parent.token.id], owner_id=None, actor="x", reason="x")
        case "disabled":
            await services.disable_user(parent.token.owner_id, actor="x")

    assert await alive(making, parent, *children, renewed_child, other) == [False] * 4 + [True]
    assert await statuses(making, parent, *children, renewed_child, other) == [INVALID] * 4 + [VALID]
    changes = await making.sql("SELECT revision FROM status_change WHERE status = 1")
    assert len(changes) == 4  # with the value that was replaced; as many as there are
    ended = [await making.count("token", f"id = '{each.token.id}' AND revoked_at > 0") for each in children]
    assert ended == [1, 1]
    with pytest.raises((TokenIsRevoked, NotAllowed)):
        await a_child(making, parent)
    with pytest.raises(TokenIsRevoked):
        await renewed_by(making, None, children[1].token)


async def test_during_an_overlap_a_child_hangs_on_the_value_that_made_it(making: Deployment) -> None:
    """A thief's children go with the value that was stolen, however long the record lives."""
    parent = await a_parent(making)
    old = await a_child(making, parent)
    second = await renewed(making, parent.token, 600)
    with pytest.raises(Faulty):
        await a_child(making, parent)
    late = await a_child(making, parent, days=None, expiry=Expiry(at=making.clock() + 500))
    new = await a_child(making, second)

    assert await alive(making, old, late, new) == [True, True, True]
    making.clock.advance(600)
    assert await alive(making, old, late, new, second) == [False, False, True, True]
    await making.opened.housekeeping.end_what_has_ended()
    assert (await statuses(making, old, new)) == [INVALID, VALID]


async def test_a_pause_reaches_the_children(making: Deployment) -> None:
    """And its end as well; meanwhile nothing is made or renewed, by whomever."""
    parent = await a_parent(making)
    child = await a_child(making, parent)

    await making.edit(parent.token, suspended=True)
    assert await alive(making, parent, child) == [False, False]
    assert await statuses(making, parent, child) == [SUSPENDED, SUSPENDED]
    with pytest.raises(TokenIsSuspended):
        await a_child(making, parent)
    for by in (parent, None):
        with pytest.raises(TokenIsSuspended):
            await renewed_by(making, by, child.token)

    await making.edit(parent.token, suspended=False)
    assert await alive(making, parent, child) == [True, True]


async def test_a_shortened_parent_takes_its_children_along(making: Deployment) -> None:
    """Their later end counts no more; renewed without a word about it, they end with the parent."""
    parent = await a_parent(making, days=30)
    child = await a_child(making, parent, days=20)
    await making.edit(parent.token, expiry=Expiry(days=2))

    again = await renewed_by(making, None, child.token, days=None, expiry=Expiry(at=child.token.expires_at))
    assert claims_of(again)["exp"] <= claims_of(again)["iat"] + 2 * DAY
    making.clock.advance(2 * DAY)
    assert await alive(making, parent, again) == [False, False]


async def test_the_ceilings_count_children(making: Deployment) -> None:
    """R18: so many live ones of one token, also when asked for at once; a revoked one makes room."""
    most = making.settings.live_children_per_token
    parent = await a_parent(making)

    outcomes = await asyncio.gather(
        *(a_child(making, parent) for _ in range(most + 5)), return_exceptions=True
    )

    made = values_of(outcomes)
    assert len(made) == most
    assert all(isinstance(each, LimitReached) for each in outcomes if each not in made)
    await making.revoke(made[0].token)
    assert await making.is_active(await a_child(making, parent))
    assert await making.is_active(await a_child(making, await a_parent(making)))


async def test_the_owners_grant_is_the_limit_of_children_too(making: Deployment) -> None:
    """R17: narrowed meanwhile, what lies beyond ends, and the parent hands out no more of it."""
    owner = await making.user(SCOPE, "company", "embed")
    parent = await making.token(owner, scopes=(SCOPE, "company"))
    child = await a_child(making, parent)
    narrow = Grant(GrantKind.LISTED, (SCOPE, "embed"))

    await making.services.governance.change_grant(owner.id, narrow, actor="test")

    assert await alive(making, parent, child) == [False, False]


async def test_one_key_makes_one_child(making: Deployment) -> None:
    """R14: the repeat is told the record; the same key of another token is another request."""
    parent, other = await a_parent(making), await a_parent(making)

    first = await a_child_once(making, parent, a_key(caller=f"token:{parent.token.id}"))
    again = await a_child_once(making, parent, a_key(caller=f"token:{parent.token.id}"))
    foreign = await a_child_once(making, other, a_key(caller=f"token:{other.token.id}"))

    assert isinstance(again, Repeated)
    assert again.token.id == first.token.id
    assert foreign.token.parent_id == other.token.id
    assert await making.count("token", "parent_id IS NOT NULL") == 2


@pytest.mark.parametrize("end", ["revoke", "regenerate", "revoke_many", "disable"])
async def test_no_child_survives_the_race_with_the_end_of_its_parent(making: Deployment, end: str) -> None:
    """T2 for families: made before, at and after the moment, at two replicas; dead at introspection and by list."""
    async with making.replicas() as (one, other):
        await other.current.reload(making.storage)
        for _ in range(12):
            parent = await a_parent(making)
            early = await a_child(making, parent)
            ending = {
                "revoke": lambda of=parent: making.revoke(of.token),
                "regenerate": lambda of=parent: making.regenerate(of.token, scopes=(SCOPE, "company")),
                "revoke_many": lambda of=parent: one.revoke_many.by_ids(
                    [of.token.id], owner_id=None, actor="x", reason="x"
                ),
                "disable": lambda of=parent: one.disable_user(of.token.owner_id, actor="x"),
            }[end]
            outcomes = await asyncio.gather(
                a_child(making, parent, services=one),
                a_child(making, parent, services=other),
                ending(),
                renewed_by(making, parent, early.token),
                a_child(making, parent, services=other),
                return_exceptions=True,
            )
            assert not isinstance(outcomes[2], Exception), outcomes[2]
            refused = [each for each in outcomes if isinstance(each, Exception)]
            assert all(isinstance(each, TokenIsRevoked | NotAllowed) for each in refused), refused
            made = [each for each in values_of(outcomes) if each.token.parent_id]
            assert await alive(making, early, *made) == [False] * (1 + len(made))
            assert await statuses(making, early, *made) == [INVALID] * (1 + len(made))
