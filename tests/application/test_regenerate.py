"""Regenerate: the old value dies with the birth of the new one."""

import asyncio
from dataclasses import replace

import pytest

from keys import Purpose
from service.application.issue import Issued
from service.domain.catalogue import CatalogueDocument
from service.domain.errors import (
    Faulty,
    LimitReached,
    NotAllowed,
    NotFound,
    ScopeExceedsGrant,
    StorageUnavailable,
    TokenIsRevoked,
    TokenIsSuspended,
)
from service.domain.issuance import Expiry
from service.domain.policy import Policy
from service.domain.user import Grant, GrantKind, Role
from tests.application.deployment import DAY, REPORTS, Deployment, claims_of
from tests.application.interruption import is_cut


async def test_the_old_value_is_dead_and_the_new_one_lives(opened: Deployment) -> None:
    """One record goes on; jti, index, iat and exp are new."""
    issued = await opened.token(days=10)
    opened.clock.advance(DAY)

    renewed = await opened.regenerate(issued.token, days=20)

    before, after = claims_of(issued), claims_of(renewed)
    assert renewed.token.id == issued.token.id
    assert renewed.token.created_at == issued.token.created_at
    assert before["jti"] != after["jti"]
    assert before["status"] != after["status"]
    assert after["iat"] > before["iat"]
    assert after["exp"] - after["iat"] == 20 * DAY
    assert (before["sub"], before["scope"], before["aud"]) == (after["sub"], after["scope"], after["aud"])
    assert [await opened.is_active(issued), await opened.is_active(renewed)] == [False, True]
    assert [await opened.fresh_status(issued), await opened.fresh_status(renewed)] == [1, 0]
    assert await opened.audit(f"token:{issued.token.id}") == ["token.created", "token.regenerated"]


async def test_members_left_out_stay_and_members_given_change(opened: Deployment) -> None:
    """Note, scopes, audience, addresses and metadata; the end must be said each time."""
    issued = await opened.token(note="kept", allowed_ips=("10.0.0.0/8",), metadata={"a": 1})

    same = await opened.regenerate(issued.token)
    other = await opened.regenerate(
        same.token, note="new", scopes=("embed",), audiences=(REPORTS,), allowed_ips=(), metadata={"b": 2}
    )

    assert (same.token.note, same.token.allowed_ips) == ("kept", ("10.0.0.0/8",))
    assert dict(same.token.metadata) == {"a": 1}
    assert claims_of(same)["allowed_ips"] == ["10.0.0.0/8"]
    assert (other.token.note, dict(other.token.metadata)) == ("new", {"b": 2})
    claims = claims_of(other)
    assert (claims["scope"], claims["aud"], "allowed_ips" in claims) == ("embed", REPORTS, False)


async def test_an_end_is_demanded(opened: Deployment) -> None:
    """A regenerate that forgets to say when it ends makes no token without end."""
    issued = await opened.token()

    with pytest.raises(Faulty) as refusal:
        await opened.regenerate(issued.token, expiry=None)

    assert [fault.where for fault in refusal.value.faults] == ["expiration"]
    assert await opened.is_active(issued)


async def test_an_expired_token_comes_back_with_a_new_value(opened: Deployment) -> None:
    """Locoia: "regenerate or extend"; the old string stays dead."""
    issued = await opened.token(days=1)
    opened.clock.advance(DAY + 5)
    assert not await opened.is_active(issued)

    renewed = await opened.regenerate(issued.token)

    assert [await opened.is_active(issued), await opened.is_active(renewed)] == [False, True]


async def test_a_shortened_token_comes_back_with_a_new_value(opened: Deployment) -> None:
    """The end that was drawn nearer held for the old value alone."""
    issued = await opened.token(days=30)
    await opened.edit(issued.token, expiry=Expiry(days=1))
    opened.clock.advance(DAY + 5)
    await opened.opened.housekeeping.follow()

    renewed = await opened.regenerate(issued.token)

    assert [await opened.is_active(issued), await opened.is_active(renewed)] == [False, True]


async def test_a_revoked_token_does_not_come_back(opened: Deployment) -> None:
    """A revocation is final for the record."""
    issued = await opened.token()
    await opened.revoke(issued.token)

    with pytest.raises(TokenIsRevoked):
        await opened.regenerate(issued.token)

    assert await opened.count("token_value") == 1


async def test_a_pause_is_not_got_around_by_a_new_value(opened: Deployment) -> None:
    """Threats 12: paused by its owner or by an administrator, it must be resumed first."""
    issued = await opened.token()
    await opened.edit(issued.token, suspended=True, administrator=True)

    with pytest.raises(TokenIsSuspended):
        await opened.regenerate(issued.token)

    assert await opened.count("token_value") == 1


async def test_somebody_elses_token_is_not_there(opened: Deployment) -> None:
    """And its value lives on."""
    issued, stranger = await opened.token(), await opened.user()

    with pytest.raises(NotFound):
        await opened.regenerate(replace(issued.token, owner_id=stranger.id))

    assert await opened.is_active(issued)


async def test_the_grant_is_judged_anew(opened: Deployment) -> None:
    """What the owner may no longer hand out is not renewed; the refusal names it."""
    owner = await opened.user("embed", "company")
    issued = await opened.token(owner, scopes=("embed", "company:view"))
    async with opened.storage.transaction() as tx:
        held = await tx.users.lock(owner.id)
        await tx.users.change(
            owner.id,
            role=Role.USER,
            password_hash=held.password_hash,
            grant=Grant(GrantKind.LISTED, ("company",)),
            disabled_at=None,
        )

    with pytest.raises(ScopeExceedsGrant) as refusal:
        await opened.regenerate(issued.token)

    assert refusal.value.scopes == ("embed",)
    assert await opened.is_active(issued)
    assert await opened.is_active(await opened.regenerate(issued.token, scopes=("company:view",)))


async def test_policy_and_catalogue_are_judged_anew(opened: Deployment) -> None:
    """A scope that has left the catalogue is named, not renewed; nor is an end that is too far by now."""
    issued = await opened.token(scopes=("embed", "company"), days=300)
    document = opened.services.current.catalogue.to_document()
    del document["families"]["embed"]
    del document["entities"]["embeds"]
    for each in document["sets"]:
        each["scopes"] = [scope for scope in each["scopes"] if not scope.startswith("embed")]
    wanted = replace(
        CatalogueDocument.from_document(document),
        policy=Policy(max_lifetime_days=30, max_creations_per_hour=1_000),
    )
    await opened.services.apply_catalogue(wanted, actor="test", keep_until_expiry=True)

    with pytest.raises(Faulty) as refusal:
        await opened.regenerate(issued.token, days=31)

    assert {fault.where: fault.code for fault in refusal.value.faults} == {
        "scopes[0]": "unknown_scope",
        "expiration": "too_far",
    }
    assert await opened.is_active(issued)


async def test_a_disabled_owner_renews_nothing(opened: Deployment) -> None:
    """R17 on every path: also where a record was somehow left alive."""
    owner = await opened.user()
    issued = await opened.token(owner)
    await opened.sql(f"UPDATE users SET disabled_at = 1 WHERE id = '{owner.id}'")

    with pytest.raises(NotAllowed):
        await opened.regenerate(issued.token)

    assert not await opened.is_active(issued)


async def test_the_ceiling_of_live_tokens_is_not_got_around_by_expired_ones(opened: Deployment) -> None:
    """R18: a token that was over counts again once it is renewed; one that is live makes room for itself."""
    policy = Policy(max_live_tokens_per_user=2, max_creations_per_hour=1_000)
    await opened.services.apply_catalogue(
        replace(opened.services.current.catalogue, policy=policy), actor="test"
    )
    owner = await opened.user()
    over = [await opened.token(owner, days=1) for _ in range(2)]
    opened.clock.advance(DAY + 5)
    live = [await opened.token(owner) for _ in range(2)]

    with pytest.raises(LimitReached):
        await opened.regenerate(over[0].token)

    assert await opened.is_active(await opened.regenerate(live[0].token))
    await opened.revoke(live[1].token)
    outcomes = await asyncio.gather(
        *(opened.regenerate(issued.token) for issued in over), return_exceptions=True
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Issued", "LimitReached"]


async def test_a_regenerate_that_is_cut_off_leaves_exactly_one_live_value(opened: Deployment) -> None:
    """R13: cancelled at any await, the old value lives and there is no new one, or the new one is recorded and
    the old one is dead.
    """
    issued = await opened.token()
    live, kept, point, cut = issued.token.jti, 0, 0, True

    while cut:
        before = await opened.count("token_value")
        cut = await is_cut(opened.regenerate(issued.token), point)
        point += 1

        [(now_live,)] = await opened.sql("SELECT jti FROM token_value WHERE revoked_at IS NULL")
        assert await opened.sql("SELECT jti FROM token") == [(now_live,)]
        assert await opened.count("token_value") - before == (now_live != live)
        assert (
            await opened.count("audit", "action = 'token.regenerated'")
            == await opened.count("token_value") - 1
        )
        kept += now_live == live
        live = now_live

    assert 5 < kept < point
    assert await opened.is_active(await opened.regenerate(issued.token))


async def test_of_many_at_once_the_last_one_lives(opened: Deployment) -> None:
    """Each ends the one before; never are two values live."""
    issued = await opened.token()

    made = await asyncio.gather(*(opened.regenerate(issued.token) for _ in range(10)))

    alive = [renewed for renewed in made if await opened.is_active(renewed)]
    assert len(alive) == 1
    assert await opened.sql("SELECT jti FROM token_value WHERE revoked_at IS NULL") == [(alive[0].token.jti,)]


async def test_nothing_survives_a_revoke_at_the_same_moment(opened: Deployment) -> None:
    """Either order: after both are answered, neither value is live."""
    for turn in range(20):
        issued = await opened.token()
        acts = [opened.regenerate(issued.token), opened.revoke(issued.token)]
        outcomes = await asyncio.gather(*acts[:: 1 if turn % 2 else -1], return_exceptions=True)

        made = [outcome for outcome in outcomes if isinstance(outcome, Issued)]
        verdicts = [await opened.is_active(value) for value in (issued, *made)]
        assert not any(verdicts)
        assert not any(isinstance(outcome, StorageUnavailable) for outcome in outcomes)


async def test_a_compromise_at_the_same_moment_neither_waits_for_ever_nor_fails(opened: Deployment) -> None:
    """Both take the key set before the record: no deadlock, and no live value of the lost key."""
    for _ in range(10):
        owner = await opened.user()
        tokens = [await opened.token(owner) for _ in range(3)]
        lost = opened.services.current.ring.active(Purpose.ACCESS_TOKEN).kid
        outcomes = await asyncio.gather(
            *(opened.regenerate(issued.token) for issued in tokens),
            opened.services.compromise_key(lost, reason="leaked", actor="administrator"),
            return_exceptions=True,
        )

        assert not [o for o in outcomes if isinstance(o, Exception) and not isinstance(o, TokenIsRevoked)]
        for value in (*tokens, *(o for o in outcomes if isinstance(o, Issued))):
            active = await opened.is_active(value)
            assert not (active and value.jwt.reveal().startswith(tokens[0].jwt.reveal().split(".")[0] + "."))
