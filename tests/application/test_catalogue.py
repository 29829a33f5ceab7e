"""Put a catalogue in force: shown first, at all replicas, and never under a live token's feet."""

import asyncio
from dataclasses import replace

import pytest

from service.application.catalogue import Applied, CatalogueChangedMeanwhile, ScopesInUse
from service.domain.catalogue import CatalogueDocument
from service.domain.errors import Faulty
from service.domain.overlap import Overlap
from service.domain.user import Grant, Role, User
from tests.application.deployment import DAY, Deployment, a_request, values_of


def without_embeds(on: Deployment) -> CatalogueDocument:
    """The catalogue in force, less one family."""
    document = on.services.current.catalogue.to_document()
    del document["families"]["embed"]
    del document["entities"]["embeds"]
    for each in document["sets"]:
        each["scopes"] = [scope for scope in each["scopes"] if not scope.startswith("embed")]
    return CatalogueDocument.from_document(document)


def with_policy(on: Deployment, **members: object) -> CatalogueDocument:
    policy = replace(on.services.current.catalogue.policy, **members)
    return replace(on.services.current.catalogue, policy=policy)


async def test_a_catalogue_is_in_force_here_at_once_and_is_audited(opened: Deployment) -> None:
    """The difference is told, and written down."""
    applied = await opened.services.apply_catalogue(
        with_policy(opened, max_lifetime_days=90), actor="administrator"
    )

    assert [(change.what, change.was, change.now) for change in applied.changes] == [
        ("policy", 365, 90),
    ]
    assert applied.version == 2
    assert opened.services.current.catalogue.policy.max_lifetime_days == 90
    assert (await opened.audit("catalogue"))[-1] == "catalogue.applied"
    with pytest.raises(Faulty):
        await opened.token(days=91)


async def test_a_dry_run_changes_nothing(opened: Deployment) -> None:
    """It tells the difference, and which live tokens hold what would go."""
    await opened.token(scopes=("embed", "company"))
    before = await opened.dump()

    applied = await opened.services.apply_catalogue(without_embeds(opened), actor="a", dry_run=True)

    assert {change.what for change in applied.changes} >= {"scope", "family"}
    assert (applied.version, dict(applied.in_use)) == (1, {"embed": 1})
    assert await opened.dump() == before
    assert "embed" in opened.services.current.catalogue.scopes.scopes()


async def test_the_same_catalogue_again_changes_nothing(opened: Deployment) -> None:
    """An apply in every deployment's pipeline writes one version, not one a day."""
    before = await opened.dump()

    applied = await opened.services.apply_catalogue(opened.services.current.catalogue, actor="a")

    assert (applied.changes, applied.version) == ((), 1)
    assert await opened.dump() == before


async def test_scopes_that_live_tokens_hold_do_not_go(opened: Deployment) -> None:
    """The refusal counts them; nothing is changed."""
    for _ in range(2):
        await opened.token(scopes=("embed:view", "embed"))
    await opened.token(scopes=("company",))
    before = await opened.dump()

    with pytest.raises(ScopesInUse) as refusal:
        await opened.services.apply_catalogue(without_embeds(opened), actor="administrator")

    assert refusal.value.tokens == {"embed": 2, "embed:view": 2}
    assert await opened.dump() == before


async def test_scopes_of_dead_tokens_go(opened: Deployment) -> None:
    """Revoked and expired ones hold nothing back."""
    revoked, _ = await opened.token(scopes=("embed",)), await opened.token(scopes=("embed",), days=1)
    await opened.revoke(revoked.token)
    opened.clock.advance(DAY + 5)

    applied = await opened.services.apply_catalogue(without_embeds(opened), actor="administrator")

    assert applied.version == 2


async def test_tokens_may_keep_a_scope_that_goes_until_they_expire(opened: Deployment) -> None:
    """Where the operator says so: the tokens live on, and none is made with it any more."""
    issued = await opened.token(scopes=("embed",))

    applied = await opened.services.apply_catalogue(
        without_embeds(opened), actor="administrator", keep_until_expiry=True
    )

    assert dict(applied.in_use) == {"embed": 1}
    assert await opened.is_active(issued)
    with pytest.raises(Faulty):
        await opened.token(scopes=("embed",))


async def test_of_two_at_once_one_is_applied(opened: Deployment) -> None:
    """The other is told to look again: it was judged against a catalogue that holds no more."""
    async with opened.replicas() as replicas:
        wanted = [with_policy(opened, max_lifetime_days=days) for days in range(10, 18)]

        outcomes = await asyncio.gather(
            *(
                replicas[n % 2].apply_catalogue(each, actor="a", expected_version=1)
                for n, each in enumerate(wanted)
            ),
            return_exceptions=True,
        )

    assert sum(isinstance(outcome, Applied) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, CatalogueChangedMeanwhile) for outcome in outcomes) == 7
    assert await opened.count("catalogue") == 2


async def test_a_difference_that_was_looked_at_before_another_change_is_not_applied(
    opened: Deployment,
) -> None:
    """What somebody agreed to is what happens, or nothing."""
    seen = await opened.services.apply_catalogue(
        with_policy(opened, max_lifetime_days=90), actor="a", dry_run=True
    )
    await opened.services.apply_catalogue(with_policy(opened, confirm="every"), actor="b")

    with pytest.raises(CatalogueChangedMeanwhile):
        await opened.services.apply_catalogue(
            with_policy(opened, max_lifetime_days=90), actor="a", expected_version=seen.version
        )


async def test_no_token_gets_a_scope_while_it_goes(opened: Deployment) -> None:
    """Create and apply at once, either order: no live token holds a scope that the catalogue does not know."""
    owner = await opened.user()
    whole, made, gone = opened.services.current.catalogue, [], 0
    async with opened.replicas() as replicas:
        for turn in range(24):
            less = without_embeds(opened)
            creating = [opened.token(owner, scopes=("embed",), services=replicas[turn % 2]) for _ in range(3)]
            applying = opened.services.apply_catalogue(less, actor="a")
            acts = [applying, *creating] if turn % 4 < 2 else [*creating, applying]
            begun = asyncio.ensure_future(acts[0])
            for _ in range(turn):
                await asyncio.sleep(0)
            if turn < 4:  # each order at least once, however the engine interleaves the rest
                await asyncio.wait({begun})
            outcomes = await asyncio.gather(begun, *acts[1:], return_exceptions=True)

            round_made = values_of(outcomes)
            applied = any(isinstance(outcome, Applied) for outcome in outcomes)
            assert not (applied and round_made), "a token was made with a scope that had gone"
            assert applied or round_made
            assert all(isinstance(o, ScopesInUse | Faulty) for o in outcomes if isinstance(o, Exception))
            for issued in round_made:
                await opened.revoke(issued.token)
            if applied:
                await opened.services.apply_catalogue(whole, actor="a")
                gone += 1
            made += round_made

    assert made
    assert gone


async def test_a_retired_scope_comes_back_with_its_old_meaning_alone(opened: Deployment) -> None:
    """Threats 33: a tombstone stands where it was."""
    whole = opened.services.current.catalogue
    await opened.services.apply_catalogue(without_embeds(opened), actor="a")
    assert "embed" in dict(opened.services.current.catalogue.retired_scopes)

    await opened.services.apply_catalogue(whole, actor="a")

    assert opened.services.current.catalogue == whole


async def test_tokens_may_be_revoked_with_the_scope_that_goes(opened: Deployment) -> None:
    """One transaction: the catalogue in force, the tokens dead by truth and lists, a row of the audit for each."""
    kept = await opened.token(scopes=("company",))
    made = [await opened.token(scopes=scopes) for scopes in (("embed",), ("company", "embed:view"))]

    applied = await opened.services.apply_catalogue(without_embeds(opened), actor="user:root", revoke=True)

    assert (applied.beyond, applied.revoked, dict(applied.in_use)) == (2, 2, {"embed": 1, "embed:view": 1})
    assert [await opened.is_active(issued) for issued in (kept, *made)] == [True, False, False]
    assert [await opened.fresh_status(issued) for issued in made] == [1, 1]
    reasons = await opened.sql(
        "SELECT DISTINCT revoke_reason, revoked_by FROM token WHERE revoked_at IS NOT NULL"
    )
    assert reasons == [("scope_removed", "user:root")]
    assert (await opened.audit(f"token:{made[0].token.id}"))[-1] == "token.revoked"
    [(detail,)] = await opened.sql(
        "SELECT detail FROM audit WHERE action = 'catalogue.applied' ORDER BY sequence DESC LIMIT 1"
    )
    assert '"revoked":2' in detail
    assert "embed" in dict(opened.services.current.catalogue.retired_scopes)


async def test_a_value_in_its_overlap_holds_a_scope_as_well(opened: Deployment) -> None:
    """The record carries it no more; the value before does: it is counted, and ends alone."""
    owner = await opened.user()
    old = await opened.token(owner, scopes=("embed",))
    new = await opened.services.regenerate(
        old.token.id,
        a_request(note=None, scopes=("company",)),
        owner_id=owner.id,
        actor="owner",
        overlap=Overlap(seconds=DAY),
    )

    with pytest.raises(ScopesInUse) as refusal:
        await opened.services.apply_catalogue(without_embeds(opened), actor="a")
    await opened.services.apply_catalogue(without_embeds(opened), actor="a", revoke=True)

    assert refusal.value.tokens == {"embed": 1}
    assert [await opened.is_active(issued) for issued in (old, new)] == [False, True]


def with_default_grant(on: Deployment, *scopes: str) -> CatalogueDocument:
    return replace(on.services.current.catalogue, default_grant=scopes)


async def default_owner(on: Deployment, name: str) -> User:
    user, _ = await on.services.create_user(name=name, role=Role.USER, grant=Grant(), actor="test")
    return user


async def test_a_default_grant_is_narrowed_like_any_other(opened: Deployment) -> None:
    """L42: it is the grant of whoever has no other, and of nobody else; refused, kept or revoked as is said."""
    ann = await default_owner(opened, "ann")
    wide, within = [await opened.token(ann, scopes=(scope,)) for scope in ("embed", "company:view")]
    others = await opened.token(scopes=("embed",))
    apply = opened.services.apply_catalogue

    with pytest.raises(ScopesInUse) as refusal:
        await apply(with_default_grant(opened, "company"), actor="a")
    kept = await apply(with_default_grant(opened, "company", "dashboard"), actor="a", keep_until_expiry=True)
    alive = await opened.is_active(wide)
    widened = await apply(with_default_grant(opened, "company", "dashboard", "embed"), actor="a")
    revoked = await apply(with_default_grant(opened, "company"), actor="a", revoke=True)

    assert (refusal.value.tokens, refusal.value.beyond) == ({}, 1)
    assert (kept.beyond, kept.revoked, alive) == (1, 0, True)
    assert (widened.beyond, revoked.beyond, revoked.revoked) == (0, 1, 1)
    assert [await opened.is_active(issued) for issued in (wide, within, others)] == [False, True, True]


async def test_what_was_kept_before_is_not_revoked_with_what_goes_now(opened: Deployment) -> None:
    """A promise to keep until expiry outlives the next catalogue."""
    kept, gone = await opened.token(scopes=("embed",)), await opened.token(await default_owner(opened, "ann"))
    await opened.services.apply_catalogue(without_embeds(opened), actor="a", keep_until_expiry=True)

    applied = await opened.services.apply_catalogue(
        with_default_grant(opened, "company"), actor="a", revoke=True
    )

    assert (applied.in_use, applied.revoked) == ({}, 1)
    assert [await opened.is_active(issued) for issued in (kept, gone)] == [True, False]


async def test_many_are_revoked_page_by_page(opened: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each page is a transaction of its own; after a failure half-way the same call again does the rest."""
    monkeypatch.setattr("service.application.overreach.CHUNK", 5)
    monkeypatch.setattr("service.application.catalogue.CHUNK", 5)
    made = await asyncio.gather(*(opened.token(scopes=("embed",)) for _ in range(13)))
    others = await asyncio.gather(*(opened.token(scopes=("company",)) for _ in range(4)))
    wanted = without_embeds(opened)

    first, after = await opened.services.apply_catalogue.end_some(wanted, actor="a")
    half = [await opened.is_active(issued) for issued in made].count(True)
    applied = await opened.services.apply_catalogue(wanted, actor="a", revoke=True)

    assert (half, after is None) == (13 - first, False)
    assert applied.revoked == 13 - first
    assert not [issued for issued in made if await opened.is_active(issued)]
    assert [await opened.is_active(issued) for issued in others] == [True] * 4
    [(revisions,)] = await opened.sql("SELECT count(DISTINCT revision) FROM status_change")
    assert revisions >= 3


async def test_no_token_gets_past_a_revocation_with_its_scope(opened: Deployment) -> None:
    """Create and apply --revoke at once: whatever was made is dead, whatever comes after is refused."""
    owner = await opened.user()
    whole, made = opened.services.current.catalogue, []
    async with opened.replicas() as replicas:
        for turn in range(8):
            creating = [opened.token(owner, scopes=("embed",), services=replicas[n % 2]) for n in range(3)]
            applying = replicas[turn % 2].apply_catalogue(without_embeds(opened), actor="a", revoke=True)
            acts = [applying, *creating] if turn % 4 < 2 else [*creating, applying]
            outcomes = await asyncio.gather(*acts, return_exceptions=True)
            assert all(isinstance(o, Faulty) for o in outcomes if isinstance(o, Exception))
            made += [issued for issued in values_of(outcomes) if not isinstance(issued, Applied)]
            await opened.services.apply_catalogue(whole, actor="a")

    assert made
    assert not [issued for issued in made if await opened.is_active(issued)]
