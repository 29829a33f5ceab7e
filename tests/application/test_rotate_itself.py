"""Self-rotation: a new value for the token that asks, and nothing more than it had."""

from dataclasses import replace

import pytest
from safeconduct.errors import InsufficientScope

from service.domain.errors import ScopeExceedsGrant, TokenIsRevoked, TokenIsSuspended
from service.domain.issuance import Expiry
from service.domain.user import Grant, GrantKind, Role
from tests.application.deployment import DAY, Deployment, claims_of
from tests.application.renewing import alive, bearer_of, with_self_rotate

SCOPES = ("self_rotate", "embed:view")


@pytest.fixture
async def rotating(opened: Deployment) -> Deployment:
    await with_self_rotate(opened)
    return opened


async def test_everything_stays_but_the_value(rotating: Deployment) -> None:
    """Scopes, audience, addresses, note, metadata and the end that its owner granted."""
    first = await rotating.token(
        scopes=SCOPES, days=10, allowed_ips=("10.0.0.0/8",), metadata={"a": 1}, note="kept"
    )
    rotating.clock.advance(DAY)

    second = await rotating.services.rotate_itself(await bearer_of(rotating, first))

    before, after = claims_of(first), claims_of(second)
    assert before["jti"] != after["jti"]
    assert [before[name] for name in ("sub", "aud", "scope", "exp", "allowed_ips")] == [
        after[name] for name in ("sub", "aud", "scope", "exp", "allowed_ips")
    ]
    assert (second.token.id, second.token.note, dict(second.token.metadata)) == (
        first.token.id,
        "kept",
        {"a": 1},
    )
    assert await rotating.audit(f"token:{first.token.id}") == ["token.created", "token.rotated_itself"]


async def test_the_scope_is_needed(rotating: Deployment) -> None:
    """R16: without `self_rotate` a token changes nothing, whatever else it may do."""
    first = await rotating.token(scopes=("embed", "company"))

    with pytest.raises(InsufficientScope):
        await rotating.services.rotate_itself(await bearer_of(rotating, first))

    assert await rotating.count("token_value") == 1


async def test_the_old_value_goes_on_for_five_minutes_at_most(rotating: Deployment) -> None:
    """Whatever is asked: a thief gains no week."""
    first = await rotating.token(scopes=SCOPES)
    await rotating.services.rotate_itself(await bearer_of(rotating, first), overlap=7 * DAY)

    rotating.clock.advance(290)
    assert await rotating.is_active(first)
    rotating.clock.advance(10)
    assert not await rotating.is_active(first)


async def test_lost_answers_lock_nobody_out(rotating: Deployment) -> None:
    """The old value can ask again and again until its overlap ends, which no asking puts off."""
    first = await rotating.token(scopes=SCOPES)
    second, third, fourth = [
        await rotating.services.rotate_itself(await bearer_of(rotating, first)) for _ in range(3)
    ]

    assert await alive(rotating, first, second, third, fourth) == [True, False, True, True]
    rotating.clock.advance(300)
    assert await alive(rotating, first, third, fourth) == [False, False, True]


async def test_without_overlap_the_new_value_is_the_only_one(rotating: Deployment) -> None:
    """A caller that needs none can say so."""
    first = await rotating.token(scopes=SCOPES)

    second = await rotating.services.rotate_itself(await bearer_of(rotating, first), overlap=0)

    assert await alive(rotating, first, second) == [False, True]


@pytest.mark.parametrize(
    ("asked", "days"), [(None, 10), (Expiry(days=200), 10), (Expiry(), 10), (Expiry(days=3), 3)]
)
async def test_no_rotation_puts_off_the_end(rotating: Deployment, asked: Expiry | None, days: int) -> None:
    """Threats 12: what was granted counts from its grant, however often the value changes."""
    first = await rotating.token(scopes=SCOPES, days=10)

    second = await rotating.services.rotate_itself(await bearer_of(rotating, first), expiry=asked)

    assert abs(second.token.expires_at - first.token.created_at - days * DAY) <= 5
    assert second.token.expires_at <= first.token.expires_at


async def test_a_policy_that_has_become_stricter_shortens_the_end(rotating: Deployment) -> None:
    """Also of a token that would never end."""
    endless = await rotating.token(scopes=SCOPES, days=None)
    same = await rotating.services.rotate_itself(await bearer_of(rotating, endless))
    assert same.token.expires_at is None
    catalogue = rotating.services.current.catalogue
    policy = replace(catalogue.policy, allow_no_expiration=False, max_lifetime_days=5)
    await rotating.services.apply_catalogue(replace(catalogue, policy=policy), actor="test")

    cut = await rotating.services.rotate_itself(await bearer_of(rotating, same))

    assert claims_of(cut)["exp"] - claims_of(cut)["iat"] == 5 * DAY


async def test_a_pause_between_recognition_and_rotation_is_not_got_around(rotating: Deployment) -> None:
    """Threats 12: paused, revoked or replaced meanwhile, nothing comes of it."""
    paused, revoked, replaced = [await rotating.token(scopes=SCOPES) for _ in range(3)]
    bearers = [await bearer_of(rotating, each) for each in (paused, revoked, replaced)]
    await rotating.edit(paused.token, suspended=True, administrator=True)
    await rotating.revoke(revoked.token)
    await rotating.regenerate(replaced.token)

    for bearer, refusal in zip(bearers, (TokenIsSuspended, TokenIsRevoked, TokenIsRevoked), strict=True):
        with pytest.raises(refusal):
            await rotating.services.rotate_itself(bearer)

    assert await rotating.count("token_value") == 4


async def test_the_owners_grant_is_judged_anew(rotating: Deployment) -> None:
    """What the owner may no longer hand out is not renewed by the token either."""
    owner = await rotating.user("self_rotate", "embed")
    first = await rotating.token(owner, scopes=SCOPES)
    async with rotating.storage.transaction() as tx:
        await tx.users.lock(owner.id)
        await tx.users.change(
            owner.id,
            role=Role.USER,
            password_hash=None,
            grant=Grant(GrantKind.LISTED, ("self_rotate",)),
            disabled_at=None,
        )

    with pytest.raises(ScopeExceedsGrant):
        await rotating.services.rotate_itself(await bearer_of(rotating, first))

    assert await rotating.is_active(first)
