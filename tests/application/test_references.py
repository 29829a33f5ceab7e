"""Short references (threats 25): names for records, judged anew at every use, on both databases."""

import asyncio

import pytest
from safeconduct.errors import InsufficientScope, TokenRevoked

from service.application.issue import Issued
from service.domain.edit import Edit
from service.domain.errors import (
    Faulty,
    NeedsNewValue,
    NotAllowed,
    ScopeExceedsGrant,
    TokenIsExpired,
    TokenIsRevoked,
)
from service.domain.grant_errors import InvalidSubject
from service.domain.identifiers import to_wire
from service.domain.issuance import Expiry
from service.domain.overlap import Overlap
from service.domain.principal import TokenBearer
from service.domain.user import Grant, GrantKind
from tests.application.deployment import DAY, REPORTS, Deployment, a_request
from tests.application.renewing import with_self_rotate
from tests.application.test_exchange import an_exchanger, exchanged
from tests.application.test_spent_lists import fill_up

INVALID = 1


async def named(on: Deployment, **members: object) -> tuple[Issued, str]:
    """A token and its reference."""
    issued = await on.token(**{"reference": True, **members})
    return issued, issued.reference.reveal()


async def alive(on: Deployment, *texts: str) -> list[bool]:
    return [await on.claims(text) is not None for text in texts]


async def test_introspection_answers_with_the_record_as_it_is(opened: Deployment) -> None:
    """All that a client needs (RFC 7662): issuer, owner, audience, end, scope, jti; as of the token beside it."""
    issued, reference = await named(opened, days=30)

    claims, beside = await opened.claims(reference), await opened.claims(issued)

    assert (claims.iss, claims.sub, claims.aud) == (beside.iss, beside.sub, beside.aud)
    assert (claims.scope, claims.exp, claims.jti) == (beside.scope, beside.exp, beside.jti)
    assert (claims.client_id, claims.iat) == (beside.client_id, issued.token.created_at)


async def test_only_who_asks_gets_one(opened: Deployment) -> None:
    """`reference: true`: else there is none, in no answer and no row."""
    issued = await opened.token()

    assert (issued.reference, issued.token.reference_hint) == (None, None)
    assert await opened.count("token_reference") == 0


async def test_a_keyed_hash_alone_is_stored(opened: Deployment) -> None:
    """R15, threats 25: neither the reference nor what could be tried out stands anywhere, the audit included."""
    _, reference = await named(opened)

    everything = repr(await opened.dump())

    assert reference not in everything
    assert reference[:-6] not in everything
    [(hashed, kind)] = await opened.sql("SELECT reference_hash, kind FROM token_reference")
    assert (len(hashed), kind) == (43, "short_reference")


async def test_what_was_never_given_out_is_nothing(opened: Deployment) -> None:
    """Another's check, a planted row, the hash itself: unknown all alike (threats 15)."""
    _, reference = await named(opened)
    [(hashed,)] = await opened.sql("SELECT reference_hash FROM token_reference")
    other = reference[:10] + ("A" if reference[10] != "A" else "B") + reference[11:]

    assert await alive(opened, other, hashed, f"sct_{hashed}", "sct_", reference + " ") == [False] * 5


@pytest.mark.parametrize("end", ["revoke", "disable", "pause", "expire", "compromise"])
async def test_it_ends_with_its_record(opened: Deployment, end: str) -> None:
    """Threats 25, R1, R17: whatever ends the record ends its name in the same moment, at every process."""
    owner = await opened.user()
    issued, reference = await named(opened, owner=owner)
    async with opened.replicas() as (_, other):
        assert await other.introspect(reference, client=opened.everywhere)
        match end:
            case "revoke":
                await opened.revoke(issued.token)
            case "disable":
                await opened.services.disable_user(owner.id, actor="test")
            case "pause":
                await opened.edit(issued.token, suspended=True)
            case "expire":
                opened.clock.advance(30 * DAY)
            case "compromise":
                kid = (await opened.services.recognise(issued.jwt.reveal())).truth.kid
                await opened.services.compromise_key(kid, reason="drill", actor="test")

        assert await other.introspect(reference, client=opened.everywhere) is None


async def test_a_new_value_brings_a_new_reference(opened: Deployment) -> None:
    """Threats 25: after a leak nothing old works; what had none gets none unless asked."""
    issued, reference = await named(opened)
    plain = await opened.token()

    again, still = await opened.regenerate(issued.token), await opened.regenerate(plain.token)
    without = await opened.regenerate(again.token, reference=False)

    assert await alive(opened, reference, again.reference.reveal()) == [False, False]
    assert (still.reference, without.reference, without.token.reference_hint) == (None, None, None)
    assert again.token.reference_hint == f"sct_…{again.reference.reveal()[-4:]}"


async def test_an_overlap_spares_the_old_reference(opened: Deployment) -> None:
    """Both go on until the overlap is over, or until the new one is used."""
    issued, old = await named(opened)
    by = {"owner_id": issued.token.owner_id, "actor": "test"}
    request = a_request(note=None, scopes=None)
    new = await opened.services.regenerate(issued.token.id, request, overlap=Overlap(seconds=600), **by)
    assert await alive(opened, old, new.reference.reveal()) == [True, True]
    opened.clock.advance(600)
    assert await alive(opened, old, new.reference.reveal()) == [False, True]

    until_used = Overlap(seconds=600, until_used=True)
    newest = await opened.services.regenerate(issued.token.id, request, overlap=until_used, **by)
    await opened.opened.housekeeping.follow()
    assert await alive(opened, new.reference.reveal()) == [True]
    await opened.opened.housekeeping.follow()
    assert await alive(opened, new.reference.reveal(), newest.reference.reveal()) == [True, True]
    await opened.opened.housekeeping.follow()

    assert await alive(opened, new.reference.reveal(), newest.reference.reveal()) == [False, True]


async def test_edit_changes_everything_in_place(opened: Deployment) -> None:
    """Design 4a: no new value; the one beside, which says what it was signed with, ends, at introspection and lists."""
    issued, reference = await named(opened, scopes=("company",))

    await opened.edit(
        issued.token,
        note="other",
        signed={
            "scopes": ("embed", "company:view"),
            "audience": (REPORTS,),
            "allowed_ips": ("192.0.2.0/24",),
        },
    )

    asks = opened.services.introspect
    assert await opened.claims(reference) is None
    claims = await asks(reference, client=opened.everywhere, client_ip="192.0.2.9")
    assert (claims.scope, claims.aud) == (("embed", "company:view"), (REPORTS,))
    assert not await opened.is_active(issued)
    assert await opened.fresh_status(issued) == INVALID


async def test_extend_needs_no_new_value_even_after_expiry(opened: Deployment) -> None:
    """Design 4a: the same reference works again; while it lives the value beside it goes on to its own end."""
    issued, reference = await named(opened, days=10)
    await opened.edit(issued.token, expiry=Expiry(days=20))
    assert await alive(opened, reference, issued.jwt.reveal()) == [True, True]
    opened.clock.advance(25 * DAY)
    assert await alive(opened, reference) == [False]

    changed = await opened.edit(issued.token, expiry=Expiry(days=30))

    assert changed.expires_at == opened.clock() + 30 * DAY
    assert await alive(opened, reference, issued.jwt.reveal()) == [True, False]


async def test_an_edit_is_judged_as_a_new_token_is(opened: Deployment) -> None:
    """T8: nothing beyond grant, policy and catalogue; without another end an expired one stays as it is."""
    owner = await opened.user("company", "embed:view")
    issued, reference = await named(opened, owner=owner, scopes=("company",))
    for signed in ({"scopes": ("embed",)}, {"scopes": ("dashboard",)}):
        with pytest.raises(ScopeExceedsGrant):
            await opened.edit(issued.token, signed=signed)
    with pytest.raises(Faulty):
        await opened.edit(issued.token, expiry=Expiry(days=4_000))
    with pytest.raises(Faulty):
        await opened.edit(issued.token, signed={"scopes": ("nothing",)})
    opened.clock.advance(30 * DAY)
    with pytest.raises(TokenIsExpired):
        await opened.edit(issued.token, signed={"scopes": ("company:view",)})
    await opened.revoke(issued.token)
    with pytest.raises(TokenIsRevoked):
        await opened.edit(issued.token, expiry=Expiry(days=1))

    assert await alive(opened, reference) == [False]


async def test_without_a_reference_a_signature_decides(opened: Deployment) -> None:
    """Another token of the same owner's is changed by a new value, as ever."""
    issued = await opened.token()

    with pytest.raises(NeedsNewValue):
        await opened.edit(issued.token, signed={"scopes": ("embed",)})


@pytest.mark.parametrize("scope", ["personal_access_tokens", "self_rotate"])
async def test_what_changes_tokens_has_no_reference(opened: Deployment, scope: str) -> None:
    """T8, threats 25: neither made, nor by regenerate, nor by an edit; so none is ever given to the token itself."""
    await with_self_rotate(opened)
    plain = await opened.token(scopes=("company", "self_rotate"))
    issued, _ = await named(opened, scopes=("company",))

    with pytest.raises(Faulty):
        await named(opened, scopes=("company", "self_rotate"))
    with pytest.raises(Faulty):
        await opened.regenerate(plain.token, reference=True)
    with pytest.raises(Faulty):
        await opened.edit(issued.token, signed={"scopes": ("company", scope)})


async def test_a_reference_renews_nothing(opened: Deployment) -> None:
    """Threats 25: who holds it cannot turn it into a value."""
    await with_self_rotate(opened)
    _, reference = await named(opened)
    recognised = await opened.services.recognise(reference)
    bearer = TokenBearer(recognised.reading.claims, recognised.truth)

    with pytest.raises((NotAllowed, InsufficientScope)):
        await opened.services.rotate_itself(bearer)


async def test_forward_auth_takes_it_and_says_why_not(opened: Deployment) -> None:
    """Design 4a: the record's id is told, its scopes are demanded, and a dead one has its reason."""
    issued, reference = await named(opened, scopes=("company:view",))
    asked = {"audiences": {opened.audience}, "address": None}

    admitted = await opened.services.forward_auth(reference, scopes=["company:view"], **asked)
    with pytest.raises(InsufficientScope):
        await opened.services.forward_auth(reference, scopes=["company"], **asked)
    await opened.revoke(issued.token)
    with pytest.raises(TokenRevoked):
        await opened.services.forward_auth(reference, scopes=[], **asked)

    assert (admitted.token_id, admitted.claims.sub) == (issued.token.id, to_wire(issued.token.owner_id))


@pytest.mark.parametrize("end", ["revoke", "regenerate", "edit"])
async def test_it_is_exchanged_and_the_token_hangs_on_it(opened: Deployment, end: str) -> None:
    """Design 4a, threats 24: by the record's scopes as they are; what ends the reference ends the rest."""
    issued, reference = await named(opened, scopes=("company",))
    client = await an_exchanger(opened)
    short = (await exchanged(opened, reference, "company:view", by=client)).jwt.reveal()
    assert await opened.claims(short)

    match end:
        case "revoke":
            await opened.revoke(issued.token)
        case "regenerate":
            await opened.regenerate(issued.token)
        case "edit":
            await opened.edit(issued.token, signed={"scopes": ("embed",)})

    assert await opened.claims(short) is None


async def test_an_expired_record_is_exchanged_no_more(opened: Deployment) -> None:
    """One answer for a dead reference, whatever it died of."""
    _, reference = await named(opened, days=1)
    opened.clock.advance(DAY)

    with pytest.raises(InvalidSubject):
        await exchanged(opened, reference)


async def test_who_holds_it_may_end_it(opened: Deployment) -> None:
    """RFC 7009, threats 26: by its own proof, or by a client of its audience; a replaced one ends nothing."""
    first, old = await named(opened)
    again = await opened.regenerate(first.token)
    await opened.services.revoke_presented(old, client=None)
    assert await alive(opened, again.reference.reveal()) == [True]

    await opened.services.revoke_presented(again.reference.reveal(), client=None)

    assert await alive(opened, again.reference.reveal(), again.jwt.reveal()) == [False, False]


async def test_one_that_was_found_in_public_ends(opened: Deployment) -> None:
    """Threats 26: whole genuine ones, an expired one too, which could be extended; its hint proves nothing."""
    (live, text), (ended, expired) = await named(opened), await named(opened, days=1)
    opened.clock.advance(DAY)

    count = await opened.services.revoke_leaked(
        [text, expired, text[:-1], live.token.reference_hint], finder="anybody", address="192.0.2.1"
    )

    assert count == 2
    for issued in (live, ended):
        token, _ = await opened.services.get_token(issued.token.id, owner_id=issued.token.owner_id)
        assert token.revoke_reason == "leaked"


async def test_a_race_of_edit_and_revoke_leaves_nothing_alive(opened: Deployment) -> None:
    """R1: however they fall, after the revocation's answer the reference is dead."""
    issued, reference = await named(opened, scopes=("company",))
    edits = [
        opened.services.edit(
            issued.token.id,
            Edit(signed={"scopes": (scope,)}),
            owner_id=issued.token.owner_id,
            actor="test",
            administrator=False,
        )
        for scope in ("embed", "company:view", "dashboard", "connectors")
    ]

    await asyncio.gather(*edits[:2], opened.revoke(issued.token), *edits[2:], return_exceptions=True)

    assert await alive(opened, reference, issued.jwt.reveal()) == [False, False]


async def test_replaced_ones_are_forgotten_in_time(opened: Deployment) -> None:
    """Housekeeping: while they are known their use is told from a stranger's text; then their rows go."""
    issued, _ = await named(opened)
    await opened.regenerate(issued.token)
    await opened.opened.housekeeping.sweep()
    assert await opened.count("token_reference") == 2

    opened.clock.advance(91 * DAY)
    await opened.opened.housekeeping.sweep()

    assert await opened.count("token_reference") == 1


async def _edit(on: Deployment, issued: Issued, **edit: object) -> None:
    owner_id = issued.token.owner_id
    await on.services.edit(
        issued.token.id, Edit(**edit), owner_id=owner_id, actor="test", administrator=False
    )


@pytest.mark.parametrize("lives_on", ["edited", "extended", "extended for years"])
async def test_a_narrower_grant_ends_what_lives_by_its_reference_alone(
    opened: Deployment, lives_on: str
) -> None:
    """R17, threats 33: also where every value is over or revoked, and the last one's row has gone with its list."""
    owner = await opened.user("company", "embed")
    issued, reference = await named(opened, owner=owner, scopes=("company", "embed"), days=10)
    if lives_on == "edited":
        await _edit(opened, issued, signed={"scopes": ("embed",)})
    else:
        await _edit(opened, issued, expiry=Expiry(days=360))
        opened.clock.advance(11 * DAY if lives_on == "extended" else 200 * DAY)
        await fill_up(opened)
        await opened.opened.housekeeping.retire()
    assert await alive(opened, reference, issued.jwt.reveal()) == [True, False]

    change = await opened.services.governance.change_grant(
        owner.id, Grant(GrantKind.LISTED, ("company",)), actor="root"
    )

    assert [(found.whole, found.scopes) for found in change.beyond] == [(True, ("embed",))]
    assert await alive(opened, reference) == [False]
