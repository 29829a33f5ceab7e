"""Create: what a token may be, and that nothing is signed that is not recorded."""

import asyncio
import re
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

from keys import Purpose
from service.domain.catalogue import CatalogueDocument
from service.domain.errors import (
    Busy,
    CannotSign,
    Faulty,
    LimitReached,
    NotAllowed,
    OutcomeUnknown,
    ScopeExceedsGrant,
)
from service.domain.identifiers import to_wire
from service.domain.issuance import Expiry
from service.domain.policy import Policy
from service.domain.token import NEVER
from tests.application.deployment import (
    DAY,
    REPORTS,
    Deployment,
    a_request,
    claims_of,
    header_of,
    values_of,
)
from tests.application.interruption import interrupting, suspensions

WIRE_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


async def set_policy(on: Deployment, **members: object) -> None:
    wanted = replace(on.services.current.catalogue, policy=Policy(**members))
    await on.services.apply_catalogue(wanted, actor="test")


async def faults_of(on: Deployment, **members: object) -> dict[str, str]:
    """What is wrong with a request, by place."""
    owner = await on.user()
    with pytest.raises(Faulty) as refusal:
        await on.token(owner, **members)
    assert await on.count("token") == 0
    return {fault.where: fault.code for fault in refusal.value.faults}


async def test_a_token_is_a_record_with_a_value(opened: Deployment) -> None:
    """The record keeps its identity for life; each value is a row of its own with the jti that was signed."""
    owner = await opened.user()

    issued = await opened.token(owner, note="  for the report ")

    token, claims = issued.token, claims_of(issued)
    [(jti, token_id, kid, idx, exp)] = await opened.sql(
        "SELECT jti, token_id, kid, idx, expires_at FROM token_value"
    )
    assert (token.owner_id, token.note, token.jti) == (owner.id, "for the report", jti)
    assert (token_id, to_wire(jti)) == (token.id, claims["jti"])
    assert token.id != token.jti
    assert (kid, idx) == (header_of(issued)["kid"], claims["status"]["status_list"]["idx"])
    assert exp == claims["exp"] == token.expires_at
    assert await opened.audit(f"token:{token.id}") == ["token.created"]


async def test_claims_and_header_are_exactly_the_agreed_ones(opened: Deployment) -> None:
    """A consumer who reads design §2 finds those members, those types, and no other."""
    owner = await opened.user()

    issued = await opened.token(owner)

    header, claims = header_of(issued), claims_of(issued)
    assert header == {"alg": "ES256", "typ": "at+jwt", "kid": header["kid"]}
    assert claims.keys() == {"iss", "sub", "aud", "exp", "iat", "jti", "client_id", "scope", "status"}
    assert claims["iss"] == opened.settings.issuer
    assert claims["sub"] == to_wire(owner.id)
    assert claims["aud"] == opened.audience
    assert claims["scope"] == "automation:view company"
    assert type(claims["iat"]) is int
    assert claims["iat"] == issued.token.created_at <= opened.clock()
    assert claims["exp"] - claims["iat"] == 30 * DAY
    assert WIRE_ID.fullmatch(claims["jti"])
    assert not WIRE_ID.fullmatch(claims["client_id"])
    status = claims["status"]["status_list"]
    assert claims["status"].keys() == {"status_list"}
    assert status.keys() == {"idx", "uri"}
    assert 4 <= status["idx"] < 2**17 - 4
    assert re.fullmatch(re.escape(opened.settings.issuer) + "/status-lists/[0-9a-f]{32}", status["uri"])


async def test_optional_claims_are_there_only_when_set(opened: Deployment) -> None:
    """`nbf` for a start in the future, `allowed_ips` for addresses, an array of audiences for several."""
    starts = opened.clock() + DAY

    issued = await opened.token(
        not_before=starts, allowed_ips=("10.0.0.0/8", "2001:db8::/32"), audiences=(opened.audience, REPORTS)
    )

    claims = claims_of(issued)
    assert claims["nbf"] == starts
    assert claims["allowed_ips"] == ["10.0.0.0/8", "2001:db8::/32"]
    assert claims["aud"] == [opened.audience, REPORTS]


async def test_a_start_that_has_come_is_no_claim(opened: Deployment) -> None:
    """A verifier that knows no `nbf` loses nothing by it."""
    issued = await opened.token(not_before=opened.clock() - 5)

    assert "nbf" not in claims_of(issued)
    assert issued.token.not_before is None


async def test_a_grant_without_end_is_signed_until_2100(opened: Deployment) -> None:
    """Verifiers demand an `exp`; the record says that there is no end."""
    issued = await opened.token(days=None)

    assert claims_of(issued)["exp"] == NEVER == 4_102_444_800
    assert issued.token.expires_at is None


async def test_a_realistic_token_fits_where_people_paste_it(opened: Deployment) -> None:
    """590 to 700 characters before long scope lists (design §2)."""
    issued = await opened.token(days=90, scopes=("automation:view",))

    assert 590 <= len(issued.jwt.reveal()) <= 700


async def test_everything_wrong_is_told_at_once(opened: Deployment) -> None:
    """Nobody mends a form fault by fault."""
    faults = await faults_of(
        opened,
        note="x" * 256,
        scopes=("automation:view", "nothing:such", "company", "flows"),
        audiences=("https://unknown.example", opened.audience, "urn:other"),
        days=366,
        allowed_ips=("10.0.0.0/8", "10.0.0.1/8", "house"),
    )

    assert faults == {
        "note": "too_long",
        "scopes[1]": "unknown_scope",
        "scopes[3]": "unknown_scope",
        "audience[0]": "unknown_audience",
        "audience[2]": "unknown_audience",
        "expiration": "too_far",
        "allowed_ips[1]": "invalid_network",
        "allowed_ips[2]": "invalid_network",
    }


@pytest.mark.parametrize(
    ("note", "code"),
    [
        (" \t ", "too_short"),
        ("a\nb", "invalid_characters"),
        ("a\x7fb", "invalid_characters"),
        ("a\x00b", "invalid_characters"),
        ("half \ud800", "invalid_characters"),
        ("\U0001f600" * 256, "too_long"),
    ],
)
async def test_a_note_that_cannot_be_kept_is_refused(opened: Deployment, note: str, code: str) -> None:
    """1 to 255 code points after trimming, no control characters, no half characters."""
    assert await faults_of(opened, note=note) == {"note": code}


@pytest.mark.parametrize("note", ["x", "\U0001f600" * 255, "Bericht für Zoë — 5 %_'\"\\"])
async def test_a_note_comes_back_as_it_was_given(opened: Deployment, note: str) -> None:
    """All of Unicode, on both engines."""
    issued = await opened.token(note=note)

    token, _ = await opened.services.get_token(issued.token.id, owner_id=issued.token.owner_id)
    assert token.note == note


async def test_times_that_cannot_be_are_refused(opened: Deployment) -> None:
    """An end in the past or too far, or before the beginning."""
    now = opened.clock()

    assert await faults_of(opened, expiry=Expiry(at=now - 60)) == {"expires_at": "in_the_past"}
    assert await faults_of(opened, expiry=Expiry(at=now + 365 * DAY + 60)) == {"expires_at": "too_far"}
    assert await faults_of(opened, expiry=Expiry(at=NEVER)) == {"expires_at": "too_far"}
    assert await faults_of(opened, days=10**12) == {"expiration": "too_far"}
    assert await faults_of(opened, days=1, not_before=now + 2 * DAY) == {"not_before": "after_expiry"}
    assert await faults_of(opened, days=None, not_before=NEVER) == {"not_before": "after_expiry"}


async def test_an_end_is_demanded_where_the_policy_says_so(opened: Deployment) -> None:
    """`expiration: null` is for deployments that allow it."""
    await set_policy(opened, allow_no_expiration=False, max_lifetime_days=90)

    assert await faults_of(opened, days=None) == {"expiration": "expiration_required"}
    assert await faults_of(opened, days=91) == {"expiration": "too_far"}


@pytest.mark.parametrize("missing", [{"note": None}, {"scopes": None}, {"expiry": None}])
async def test_a_member_that_is_missing_is_never_filled_in(
    opened: Deployment, missing: dict[str, None]
) -> None:
    """A caller that forgets to say when a token ends gets no token that never ends."""
    [where] = missing

    assert list(await faults_of(opened, **missing)) == [where.replace("expiry", "expiration")]


async def test_no_scope_and_too_many_scopes_are_refused(opened: Deployment) -> None:
    """1 to 100; a set counts as what it stands for."""
    assert await faults_of(opened, scopes=()) == {"scopes": "too_short"}


async def test_more_audiences_than_a_verifier_reads_are_refused(opened: Deployment) -> None:
    """Our verifier takes 16; a token with more would be honoured nowhere."""
    document = opened.services.current.catalogue.to_document()
    apis = [{"id": f"urn:api:{n}", "name": f"API {n}"} for n in range(17)]
    document["audiences"] = [*document["audiences"], *apis]
    await opened.services.apply_catalogue(CatalogueDocument.from_document(document), actor="test")

    names = tuple(api["id"] for api in apis)
    assert await faults_of(opened, audiences=names) == {"audience": "too_long"}
    sixteen = await opened.token(audiences=names[:16])
    assert (await opened.services.recognise(sixteen.jwt.reveal())).truth.reason is None


async def test_sets_are_spelled_out_and_duplicates_folded(opened: Deployment) -> None:
    """The token carries scopes in the order asked, each once, by the name under which it is answered."""
    issued = await opened.token(
        scopes=("embed", "webhook_run", "Read only", "embed", "automation:webhook_run", "automation:view")
    )

    assert claims_of(issued)["scope"] == (
        "embed automation:webhook_run automation:view company:view connector_auth:view connectors:view "
        "dashboard:view embed:view"
    )
    assert issued.token.scopes == tuple(claims_of(issued)["scope"].split(" "))


async def test_a_scope_that_the_api_does_not_understand_is_refused_where_it_was_asked(
    opened: Deployment,
) -> None:
    """The fault names the member of the request, not of what a set before it was spelled out to."""
    document = opened.services.current.catalogue.to_document()
    document["audiences"][1]["families"] = ["dashboard", "embed"]
    await opened.services.apply_catalogue(CatalogueDocument.from_document(document), actor="test")

    faults = await faults_of(
        opened, audiences=(REPORTS,), scopes=("dashboard", "dashboard", "company", "embed")
    )

    assert faults == {"scopes[2]": "not_for_audience"}


async def test_nobody_hands_out_more_than_they_may(opened: Deployment) -> None:
    """R18: scopes within the owner's grant, whatever the spelling."""
    owner = await opened.user("automation:view", "company")

    with pytest.raises(ScopeExceedsGrant) as refusal:
        await opened.token(owner, scopes=("company:view", "automation", "embed"))

    assert refusal.value.scopes == ("automation", "embed")
    assert await opened.count("token") == 0
    within = await opened.token(owner, scopes=("company:manage", "automation:view"))
    assert within.token.scopes == ("company:manage", "automation:view")


async def test_a_grant_outlives_the_scopes_it_names(opened: Deployment) -> None:
    """A user whose grant names a scope that has left the catalogue goes on handing out the others."""
    owner = await opened.user("embed", "company")
    document = opened.services.current.catalogue.to_document()
    del document["families"]["embed"]
    del document["entities"]["embeds"]
    for each in document["sets"]:
        each["scopes"] = [scope for scope in each["scopes"] if not scope.startswith("embed")]
    await opened.services.apply_catalogue(CatalogueDocument.from_document(document), actor="test")

    issued = await opened.token(owner, scopes=("company:view",))

    assert await opened.is_active(issued)


async def test_a_disabled_owner_gets_nothing(opened: Deployment) -> None:
    """Disabled wins over whatever credential is still at hand."""
    owner = await opened.user()
    await opened.services.disable_user(owner.id, actor="administrator")

    with pytest.raises(NotAllowed):
        await opened.token(owner)

    assert await opened.count("token") == 0


async def test_fifty_parallel_requests_do_not_exceed_the_ceiling_of_live_tokens(opened: Deployment) -> None:
    """R18: the count is taken under the owner's lock, in one batch or in many, at one process or two."""
    await set_policy(opened, max_live_tokens_per_user=7)
    owner = await opened.user()
    async with opened.replicas() as replicas:
        asked = [opened.token(owner, services=replicas[n % 2]) for n in range(50)]
        outcomes = await asyncio.gather(*asked, return_exceptions=True)

    refusals = [outcome for outcome in outcomes if isinstance(outcome, LimitReached)]
    assert len(values_of(outcomes)) == 7
    assert len(refusals) == 43
    assert await opened.count("token") == 7


async def test_fifty_parallel_requests_do_not_exceed_the_hourly_ceiling(opened: Deployment) -> None:
    """R18: revoking makes no room in the hour; the hour passing does."""
    await set_policy(opened, max_creations_per_hour=5)
    owner = await opened.user()

    outcomes = await asyncio.gather(*(opened.token(owner) for _ in range(50)), return_exceptions=True)

    made = values_of(outcomes)
    assert len(made) == 5
    assert sum(isinstance(outcome, Busy) for outcome in outcomes) == 45
    await opened.revoke(made[0].token)
    with pytest.raises(Busy):
        await opened.token(owner)
    opened.clock.advance(3_601)
    assert await opened.is_active(await opened.token(owner))


async def test_a_ceiling_counts_neither_the_revoked_nor_the_expired(opened: Deployment) -> None:
    """Who revokes one may make another at once."""
    await set_policy(opened, max_live_tokens_per_user=2)
    owner = await opened.user()
    first, _ = await opened.token(owner), await opened.token(owner, days=1)
    with pytest.raises(LimitReached):
        await opened.token(owner)

    await opened.revoke(first.token)
    await opened.token(owner)
    opened.clock.advance(DAY + 5)

    assert await opened.is_active(await opened.token(owner))


async def test_a_refused_request_does_not_fail_the_others_of_its_batch(opened: Deployment) -> None:
    """Whoever asked well at the same moment gets a token; each hears of their own faults alone."""
    narrow, owner = await opened.user("company"), await opened.user()
    too_long = await too_many_long_names(opened)

    outcomes = await asyncio.gather(
        opened.token(owner),
        opened.token(owner, scopes=("nothing:such",)),
        opened.token(narrow, scopes=("embed",)),
        opened.token(owner),
        opened.token(owner, audiences=too_long),
        opened.token(narrow, scopes=("company",)),
        opened.token(owner),
        opened.services.issue(a_request(), owner_id="0" * 32, actor="test"),
        return_exceptions=True,
    )

    assert [type(outcome).__name__ for outcome in outcomes] == [
        "Issued",
        "Faulty",
        "ScopeExceedsGrant",
        "Issued",
        "Faulty",
        "Issued",
        "Issued",
        "NotAllowed",
    ]
    assert await opened.count("token") == await opened.count("token_value") == 4


async def test_two_hundred_people_at_once_each_get_their_own_token(opened: Deployment) -> None:
    """R66, threats 17: rows are matched by jti, so nobody is answered with another's value."""
    people = [await opened.user() for _ in range(200)]

    made = await asyncio.gather(*(opened.token(user, note=user.name) for user in people))

    for user, issued in zip(people, made, strict=True):
        claims = claims_of(issued)
        assert (claims["sub"], issued.token.owner_id, issued.token.note) == (
            to_wire(user.id),
            user.id,
            user.name,
        )
        assert claims["jti"] == to_wire(issued.token.jti)
    stored = await opened.sql(
        "SELECT t.owner_id, t.note, v.jti, v.idx FROM token t JOIN token_value v ON v.token_id = t.id"
    )
    expected = {
        (m.token.owner_id, m.token.note, m.token.jti, claims_of(m)["status"]["status_list"]["idx"])
        for m in made
    }
    assert set(stored) == expected
    assert all([await opened.is_active(issued) for issued in made[::20]])


async def test_no_index_and_no_jti_comes_twice(opened: Deployment) -> None:
    """R10: also with two processes issuing at once."""
    owner = await opened.user()
    async with opened.replicas() as replicas:
        made = await asyncio.gather(*(opened.token(owner, services=replicas[n % 2]) for n in range(300)))

    references = {tuple(claims_of(issued)["status"]["status_list"].values()) for issued in made}
    assert len(references) == len({claims_of(issued)["jti"] for issued in made}) == 300


async def too_many_long_names(on: Deployment) -> tuple[str, ...]:
    """Registered audiences, each within its limits, that make a token beyond 4,096 characters."""
    document = on.services.current.catalogue.to_document()
    apis = [{"id": f"urn:api:{n:0247}", "name": f"API {n}"} for n in range(16)]
    document["audiences"] = [*document["audiences"], *apis]
    await on.services.apply_catalogue(CatalogueDocument.from_document(document), actor="test")
    return tuple(api["id"] for api in apis)


async def test_a_token_beyond_4096_characters_is_refused_and_leaves_nothing(opened: Deployment) -> None:
    """Clients cut long headers; better no token than one that works sometimes."""
    too_long = await too_many_long_names(opened)

    assert await faults_of(opened, audiences=too_long) == {"scopes": "token_too_long"}

    assert await opened.count("token_value") == await opened.count("audit", "action = 'token.created'") == 0
    fits = await opened.token(audiences=too_long[:8])
    assert len(fits.jwt.reveal()) <= 4_096


async def test_a_signature_that_does_not_verify_is_never_recorded(opened: Deployment) -> None:
    """R73: each token is checked with the published key before the commit; a damaged private key issues nothing."""
    owner = await opened.user()
    await opened.token(owner)
    signer = opened.services.current.signer(Purpose.ACCESS_TOKEN)
    signer._signer._private_key = generate_private_key(SECP256R1())
    before = await opened.dump()

    with pytest.raises(CannotSign):
        await opened.token(owner)

    after = await opened.dump()
    for table in ("token", "token_value", "status_list", "audit"):
        assert after[table] == before[table]


async def test_an_asker_who_goes_away_takes_nobody_along(opened: Deployment) -> None:
    """A client that disconnects cancels its own wait; the token is recorded, visible and revocable."""
    owner = await opened.user()
    leaving = asyncio.create_task(opened.token(owner, note="leaving"))
    staying = asyncio.create_task(opened.token(owner, note="staying"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)

    leaving.cancel()

    assert (await staying).token.note == "staying"
    assert leaving.cancelled() or (await asyncio.gather(leaving, return_exceptions=True))
    assert await opened.is_active(await staying)


async def test_a_process_that_ends_between_signing_and_commit_leaves_no_token(opened: Deployment) -> None:
    """R12: stopped at any await, either the whole token is recorded or nothing is, and no value got out
    that is not recorded.
    """
    owner = await opened.user()
    points = await suspensions("IssueToken._run", lambda: opened.token(owner))
    assert points > 5

    for point in range(points):
        before = await opened.count("token")
        with interrupting("IssueToken._run", at=point):
            [outcome] = await asyncio.gather(opened.token(owner), return_exceptions=True)

        recorded = await opened.count("token") - before
        assert isinstance(outcome, OutcomeUnknown) or recorded == 1
        assert await opened.count("token") == await opened.count("token_value")
        assert await opened.count("audit", "action = 'token.created'") == await opened.count("token")
    assert await opened.is_active(await opened.token(owner))
