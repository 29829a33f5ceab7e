"""Put a catalogue in force: shown first, at all replicas, and never under a live token's feet."""

import asyncio
from dataclasses import replace

import pytest

from service.application.catalogue import Applied, CatalogueChangedMeanwhile, ScopesInUse
from service.domain.catalogue import CatalogueDocument
from service.domain.errors import Faulty
from tests.application.deployment import DAY, Deployment, values_of


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
