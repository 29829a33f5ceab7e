"""Token exchange (RFC 8693): what is passed on may do less, lives briefly, and ends with what it came from."""

import asyncio

import pytest

from service.application.exchange import WantedExchange
from service.application.issue import Issued
from service.application.minting import MintedShort
from service.domain.client import Client
from service.domain.grant_errors import InvalidScope, InvalidSubject, InvalidTarget, UnauthorizedClient
from service.domain.identifiers import to_wire
from service.domain.issuance import Expiry
from tests.application.deployment import REPORTS, Deployment, claims_of
from tests.application.renewing import with_self_rotate


async def an_exchanger(
    on: Deployment, *audiences: str, permissions: tuple[str, ...] = ("exchange",)
) -> Client:
    client, _ = await on.services.create_client(
        name="API", audiences=audiences, permissions=permissions, actor="test"
    )
    return client


async def exchanged(
    on: Deployment, subject: Issued | str, *scopes: str, by: Client | None = None, audience: str | None = None
) -> MintedShort:
    text = subject if isinstance(subject, str) else subject.jwt.reveal()
    wanted = WantedExchange(subject=text, scopes=scopes or None, audience=audience)
    return await on.services.clients.exchange(by or await an_exchanger(on), wanted)


async def test_it_says_for_whom_and_does_less(opened: Deployment) -> None:
    """Threats 24: `sub` stays the owner, `client_id` is who asked; scope and audience within, 900 s, no status."""
    issued = await opened.token(scopes=("company", "embed"), audiences=(opened.audience, REPORTS))
    client = await an_exchanger(opened)

    minted = await exchanged(opened, issued, "company:view", by=client, audience=REPORTS)

    claims = claims_of(minted)
    assert (claims["sub"], claims["client_id"]) == (to_wire(issued.token.owner_id), client.id)
    assert (claims["scope"], claims["aud"], claims["exp"] - claims["iat"]) == ("company:view", REPORTS, 900)
    assert "status" not in claims
    assert await opened.claims(minted.jwt.reveal())
    assert "access_token.exchanged" in await opened.audit(f"token:{issued.token.id}")


@pytest.mark.parametrize("end", ["revoke", "regenerate", "disable", "pause", "expire", "compromise"])
async def test_it_ends_with_the_value_it_was_made_from(opened: Deployment, end: str) -> None:
    """Threats 24: introspection joins the parent, at every process."""
    owner = await opened.user()
    issued = await opened.token(owner, scopes=("company",), expiry=Expiry(at=opened.clock() + 600))
    text = (await exchanged(opened, issued)).jwt.reveal()
    assert await opened.claims(text)

    match end:
        case "revoke":
            await opened.revoke(issued.token)
        case "regenerate":
            await opened.regenerate(issued.token)
        case "disable":
            await opened.services.disable_user(owner.id, actor="test")
        case "pause":
            await opened.edit(issued.token, suspended=True)
        case "expire":
            opened.clock.advance(600)
        case "compromise":
            kid = (await opened.services.recognise(issued.jwt.reveal())).truth.kid
            await opened.services.compromise_key(kid, reason="drill", actor="test")

    assert await opened.claims(text) is None


async def test_it_never_outlives_its_parent(opened: Deployment) -> None:
    """Threats 24: at most the token's own end, so that offline nothing is gained either."""
    issued = await opened.token(scopes=("company",), expiry=Expiry(at=opened.clock() + 100))

    claims = claims_of(await exchanged(opened, issued))

    assert claims["exp"] == opened.clock() + 100


async def test_addresses_are_copied(opened: Deployment) -> None:
    """Threats 24, 27: what the parent is bound to binds it too; without an address it is inactive."""
    issued = await opened.token(scopes=("company",), allowed_ips=("192.0.2.0/24",))

    minted = await exchanged(opened, issued)
    text, asks = minted.jwt.reveal(), opened.services.introspect

    assert claims_of(minted)["allowed_ips"] == ["192.0.2.0/24"]
    assert await opened.claims(text) is None
    assert await asks(text, client=opened.everywhere, client_ip="198.51.100.1") is None
    assert await asks(text, client=opened.everywhere, client_ip="192.0.2.9")


async def test_nothing_is_gained_by_it(opened: Deployment) -> None:
    """T8: no wider scope, no other API, no management, by nobody who may not."""
    issued = await opened.token(scopes=("company:view", "embed"))
    client = await an_exchanger(opened)

    for scopes in (("company",), ("dashboard",), ("company:view", "connectors"), ("nothing",)):
        with pytest.raises(InvalidScope):
            await exchanged(opened, issued, *scopes, by=client)
    with pytest.raises(InvalidTarget):
        await exchanged(opened, issued, by=client, audience=REPORTS)
    with pytest.raises(UnauthorizedClient):
        await exchanged(opened, issued, by=await an_exchanger(opened, permissions=("introspect",)))
    with pytest.raises(InvalidSubject):
        await exchanged(opened, issued, by=await an_exchanger(opened, REPORTS))


async def test_only_what_holds_is_exchanged(opened: Deployment) -> None:
    """One answer for a dead token, a foreign one, one that was exchanged already, and nonsense."""
    revoked, live = await opened.token(), await opened.token(scopes=("company",))
    await opened.revoke(revoked.token)
    short = (await exchanged(opened, live)).jwt.reveal()

    for subject in (revoked, short, "nonsense", live.jwt.reveal()[:-4] + "AAAA"):
        with pytest.raises(InvalidSubject, match="no token for this client that holds now"):
            await exchanged(opened, subject)


async def test_what_renews_itself_is_not_passed_on(opened: Deployment) -> None:
    """T8: management of tokens stays with the record."""
    await with_self_rotate(opened)
    issued = await opened.token(scopes=("company", "self_rotate"))

    assert claims_of(await exchanged(opened, issued))["scope"] == "company"
    with pytest.raises(InvalidScope):
        await exchanged(opened, issued, "self_rotate")


async def test_no_exchange_wins_against_a_revocation(opened: Deployment) -> None:
    """R17: whichever comes first, what was exchanged is inactive once the revocation is acknowledged."""
    client = await an_exchanger(opened)
    for _ in range(30):
        issued = await opened.token(scopes=("company",))
        under_way = [asyncio.ensure_future(exchanged(opened, issued, by=client)) for _ in range(3)]
        await opened.revoke(issued.token)
        made = [
            each
            for each in await asyncio.gather(*under_way, return_exceptions=True)
            if isinstance(each, MintedShort)
        ]
        assert not [each for each in made if await opened.claims(each.jwt.reveal())]
