"""Short access tokens of machine users: what they may be, and how long they are honoured."""

import asyncio

import pytest
from safeconduct import VerificationPolicy, check
from safeconduct.errors import StatusMissing

from keys import Purpose
from service.domain.errors import Busy, NotSignedIn
from service.domain.grant_errors import InvalidScope, InvalidTarget, UnauthorizedClient
from service.domain.identifiers import to_wire
from service.domain.user import Grant, GrantKind
from tests.application.acting import a_machine, access, acting_for, an_access_token
from tests.application.deployment import REPORTS, Deployment, claims_of, header_of
from tests.application.renewing import with_self_rotate


async def test_it_says_who_got_it_for_what_and_has_no_status(opened: Deployment) -> None:
    """RFC 9068 section 2.2, threats 24: `sub` is the machine, `client_id` the client, 900 s, no place in a list."""
    machine = await a_machine(opened)
    client = await acting_for(opened, machine, opened.audience, REPORTS)

    minted = await access(opened, client, "company:view", "embed", "company:view", audience=REPORTS)

    claims = claims_of(minted)
    assert {name: claims[name] for name in ("iss", "sub", "aud", "client_id", "scope")} == {
        "iss": opened.settings.issuer,
        "sub": to_wire(machine.user.id),
        "aud": REPORTS,
        "client_id": client.id,
        "scope": "company:view embed",
    }
    assert claims["exp"] - claims["iat"] == 900
    assert claims.keys() == {"iss", "sub", "aud", "exp", "iat", "jti", "client_id", "scope"}
    assert await opened.count("token_value") == await opened.count("token") == 0
    assert minted.jwt.reveal() not in repr(await opened.dump())
    assert await opened.audit(f"user:{machine.user.id}") == ["machine.created", "access_token.issued"]


async def test_every_verifier_takes_it_for_its_quarter_of_an_hour(opened: Deployment) -> None:
    """The SDK by its default policy; one second more of life and it would want a status."""
    minted = await an_access_token(opened)
    keys, text = opened.services.current.key_set, minted.jwt.reveal()
    policy = VerificationPolicy(issuer=opened.settings.issuer, audiences=frozenset({opened.audience}))

    assert check(text, keys, policy, opened.clock()).scope == ("company",)
    with pytest.raises(StatusMissing):
        check(
            text,
            keys,
            VerificationPolicy(issuer=policy.issuer, audiences=policy.audiences, unlisted_lifetime=899),
            opened.clock(),
        )


async def test_introspection_honours_it_until_its_end(opened: Deployment) -> None:
    """Also when it is asked about again and again; for a client of another API it is inactive."""
    minted, elsewhere = await an_access_token(opened), await opened.client(REPORTS)
    text = minted.jwt.reveal()

    assert (await opened.claims(text)).to_json() == claims_of(minted)
    assert await opened.services.introspect(text, client=elsewhere) is None
    opened.clock.advance(890)
    assert await opened.claims(text)
    opened.clock.advance(10)
    assert await opened.claims(text) is None


@pytest.mark.parametrize("end", ["machine", "client", "key", "revoke"])
async def test_what_it_hangs_on_ends_it_at_once(opened: Deployment, end: str) -> None:
    """R17, threats 24: machine disabled, client disabled, key compromised, or revoked itself; at every process."""
    machine = await a_machine(opened)
    client = await acting_for(opened, machine)
    minted, services = await access(opened, client, "company"), opened.services
    text = minted.jwt.reveal()
    assert await opened.claims(text)

    async with opened.replicas() as (_, other):
        assert await opened.claims(text, services=other)
        match end:
            case "machine":
                await services.disable_user(machine.user.id, actor="test")
            case "client":
                await services.disable_client(client.id, actor="test")
            case "key":
                await services.compromise_key(header_of(minted)["kid"], reason="drill", actor="test")
            case "revoke":
                await services.clients.revoke_short(text, client=None)
        assert await opened.claims(text) is None
        assert await opened.claims(text, services=other) is None


async def test_nobody_disabled_gets_one(opened: Deployment) -> None:
    """The machine, or the client of which this process has not heard yet that it is disabled."""
    machine = await a_machine(opened)
    client, other = await acting_for(opened, machine), await acting_for(opened, machine)
    await opened.services.disable_client(other.id, actor="test")
    with pytest.raises(NotSignedIn):
        await access(opened, other, "company")
    await opened.services.disable_user(machine.user.id, actor="test")
    with pytest.raises(UnauthorizedClient):
        await access(opened, client, "company")

    assert await opened.count("short_token") == 0


async def test_a_client_without_a_machine_gets_none(opened: Deployment) -> None:
    """A resource server may ask about tokens; it is nobody itself."""
    with pytest.raises(UnauthorizedClient):
        await access(opened, await opened.client(), "company")


async def test_a_machine_that_returns_brings_no_old_token_along(opened: Deployment) -> None:
    """L22: what was got before it was disabled stays dead when it is enabled again."""
    machine = await a_machine(opened)
    client = await acting_for(opened, machine)
    minted = await access(opened, client, "company")
    await opened.services.disable_user(machine.user.id, actor="test")

    await opened.services.governance.enable_user(machine.user.id, actor="test")

    assert await opened.claims(minted.jwt.reveal()) is None
    assert await opened.claims((await access(opened, client, "company")).jwt.reveal())


async def test_a_narrowed_grant_ends_what_was_got_under_the_wider_one(opened: Deployment) -> None:
    """R17, L42: in the same moment; whoever needs one asks again."""
    machine = await a_machine(opened, "company", "embed")
    client = await acting_for(opened, machine)
    minted = await access(opened, client, "company")

    narrow = Grant(GrantKind.LISTED, ("embed",))
    await opened.services.governance.change_grant(machine.user.id, narrow, actor="test")

    assert await opened.claims(minted.jwt.reveal()) is None
    assert claims_of(await access(opened, client))["scope"] == "embed"


@pytest.mark.parametrize(
    "asked", [("embed",), ("company", "embed"), ("company:delete",), ("nope",), ("",), ("company:view", "")]
)
async def test_no_scope_lies_beyond_the_machines_grant(opened: Deployment, asked: tuple[str, ...]) -> None:
    """R18: all that was asked, or nothing."""
    client = await acting_for(opened, await a_machine(opened, "company"))

    with pytest.raises(InvalidScope):
        await access(opened, client, *asked)

    assert await opened.count("short_token") == 0


async def test_without_scopes_it_has_what_the_machine_was_given(opened: Deployment) -> None:
    """RFC 6749 section 3.3: where that is a list; "everything" must be said in words."""
    listed = await acting_for(opened, await a_machine(opened, "company:view", "embed"))
    everything = await acting_for(opened, await a_machine(opened))

    assert claims_of(await access(opened, listed))["scope"] == "company:view embed"
    with pytest.raises(InvalidScope):
        await access(opened, everything)


async def test_it_never_manages_tokens(opened: Deployment) -> None:
    """Threats 24: what renews or makes tokens needs a record of its own; left out of what is given unasked."""
    await with_self_rotate(opened)
    client = await acting_for(opened, await a_machine(opened, "self_rotate", "embed"))

    with pytest.raises(InvalidScope):
        await access(opened, client, "self_rotate")

    assert claims_of(await access(opened, client))["scope"] == "embed"


async def test_it_is_for_one_api_of_its_clients(opened: Deployment) -> None:
    """RFC 8707 section 2: registered, and given to this client; of several one must be named."""
    machine = await a_machine(opened)
    one, both = await acting_for(opened, machine), await acting_for(opened, machine, opened.audience, REPORTS)

    assert claims_of(await access(opened, one, "embed"))["aud"] == opened.audience
    for client, audience in ((one, REPORTS), (both, None), (both, "urn:nowhere"), (both, "")):
        with pytest.raises(InvalidTarget):
            await access(opened, client, "embed", audience=audience)


async def test_a_client_ends_its_own_and_no_others(opened: Deployment) -> None:
    """RFC 7009 section 2: what was issued to it, or what the permission `revoke` is for."""
    minted, other = await an_access_token(opened), await an_access_token(opened)
    clients = opened.services.current.clients
    foreign, gateway = await opened.client(REPORTS), await opened.client()
    revoke = opened.services.clients.revoke_short

    for client in (clients[other.token.client_id], foreign):
        await revoke(minted.jwt.reveal(), client=client)
        assert await opened.claims(minted.jwt.reveal())
    await revoke(minted.jwt.reveal(), client=clients[minted.token.client_id])
    await revoke(other.jwt.reveal(), client=gateway)

    assert [await opened.claims(each.jwt.reveal()) for each in (minted, other)] == [None, None]


async def test_a_forged_one_is_inactive_and_counted(opened: Deployment) -> None:
    """R12, threats 10: a good signature by our key on what was never recorded, or on what differs from the record."""
    minted = await an_access_token(opened)
    signer = opened.services.current.signer(Purpose.ACCESS_TOKEN)
    claims = claims_of(minted)
    changed = [
        {"jti": "00000000-0000-4000-8000-000000000000"},
        {"sub": "00000000-0000-4000-8000-000000000000"},
        {"client_id": "personal-access-tokens"},
        {"exp": claims["exp"] - 1},
        {"exp": claims["exp"] + 10_000},
    ]

    answers = [await opened.claims(signer.sign(claims | change)) for change in changed]

    assert answers == [None] * len(changed)
    assert (
        opened.services.clients.recognise_short.forgeries == 4
    )  # the last one lives too long for any verifier
    assert await opened.claims(minted.jwt.reveal())


async def test_none_survives_the_race_with_disabling_its_machine(opened: Deployment) -> None:
    """R17, threats 2: whatever order they come in, afterwards nothing of the machine's is active."""
    async with opened.replicas() as (one, other):
        for _ in range(15):
            machine = await a_machine(opened)
            client = await acting_for(opened, machine)
            await other.current.reload(opened.storage)
            outcomes = await asyncio.gather(
                *(access(opened, client, "embed", services=each) for each in (one, other) for _ in range(3)),
                one.disable_user(machine.user.id, actor="test"),
                return_exceptions=True,
            )
            minted = [outcome for outcome in outcomes if hasattr(outcome, "jwt")]
            assert all(isinstance(each, UnauthorizedClient | int) for each in outcomes if each not in minted)
            assert [await opened.claims(each.jwt.reveal()) for each in minted] == [None] * len(minted)


async def test_what_is_over_is_swept_and_pins_no_key(opened: Deployment) -> None:
    """Housekeeping drops it after its end; until then its key counts it as live."""
    minted = await an_access_token(opened)
    kid = header_of(minted)["kid"]

    async def live() -> int:
        return {each.key.kid: each.live_tokens for each in await opened.services.list_keys()}[kid]

    assert await live() == 1
    await opened.opened.housekeeping.sweep()
    assert await opened.count("short_token") == 1
    opened.clock.advance(900)
    assert await live() == 0
    await opened.opened.housekeeping.sweep()
    assert await opened.count("short_token") == 0


async def test_a_client_that_asks_for_each_call_is_slowed_down(opened: Deployment) -> None:
    """R18: so many a minute, also at once and at two replicas; another client of the machine is not held up."""
    machine, most = await a_machine(opened), opened.settings.access_tokens_per_minute
    client, other = await acting_for(opened, machine), await acting_for(opened, machine)
    async with opened.replicas() as (one, two):
        await two.current.reload(opened.storage)
        outcomes = await asyncio.gather(
            *(
                access(opened, client, "embed", services=each)
                for each in (one, two)
                for _ in range(most // 2 + 4)
            ),
            return_exceptions=True,
        )

    refused = [each for each in outcomes if isinstance(each, Exception)]
    assert len(outcomes) - len(refused) == most
    assert all(isinstance(each, Busy) and each.quota.limit == most for each in refused)
    assert await access(opened, other, "embed")
    opened.clock.advance(61)
    assert await access(opened, client, "embed")
