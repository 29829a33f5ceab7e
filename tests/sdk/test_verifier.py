"""The verifier from outside: one issuer found, keys and list fetched once, and each reason to refuse."""

import asyncio

import pytest
from safeconduct import DEFAULT, LENIENT, STRICT, Verifier, sync
from safeconduct import errors as e

from tests.sdk.issuer import AUDIENCE, JWKS, LIST, METADATA, TestIssuer
from tests.vectors import forge


def test_a_good_token_is_accepted_and_its_claims_are_told(issuer: TestIssuer, new_verifier) -> None:
    """Everything is discovered: metadata, keys and list, each fetched once for any number of tokens."""
    verifier = new_verifier()

    claims = [verifier.verify(issuer.token(idx=idx), scope="connectors") for idx in range(100, 110)]

    assert {each.sub for each in claims} == {"5d0f1a52-93c5-4c0e-8a3e-0c6a4b8a7f10"}
    assert issuer.visits == {METADATA: 1, JWKS: 1, LIST: 1}


@pytest.mark.parametrize(
    ("status", "error"), [(1, e.TokenRevoked), (2, e.TokenSuspended), (3, e.UnknownStatus)]
)
def test_any_status_but_valid_refuses(issuer: TestIssuer, new_verifier, status, error) -> None:
    """Two bits, and only 00 lets pass (threats 42)."""
    issuer.set_status(4711, status)

    with pytest.raises(error):
        new_verifier().verify(issuer.token())


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"aud": "https://other.example"}, e.WrongAudience),
        ({"iss": "https://other.example"}, e.WrongIssuer),
        ({"exp": forge.NOW}, e.TokenExpired),
        ({"nbf": forge.NOW + 60}, e.TokenNotYetValid),
        ({"iat": forge.NOW + 60}, e.TokenNotYetValid),
        ({"status": None}, e.StatusMissing),
        ({"status": {"status_list": {"idx": 2**17, "uri": "LIST"}}}, e.UnknownStatus),
        ({"status": {"status_list": {"idx": 1, "uri": "https://elsewhere.example/1"}}}, e.UnknownStatus),
        ({"status": {"status_list": {"idx": 1, "uri": "http://10.0.0.1/1"}}}, e.UnknownStatus),
        ({"allowed_ips": ["192.0.2.0/24"]}, e.AddressNotAllowed),
    ],
)
def test_a_genuine_token_may_still_be_refused(issuer: TestIssuer, new_verifier, changed, error) -> None:
    """Each subclass of InvalidToken says why, and no list of another origin is ever fetched (attack 64)."""
    if changed.get("status"):
        place = changed["status"]["status_list"]
        changed = {"status": {"status_list": place | {"uri": place["uri"].replace("LIST", issuer.list_uri)}}}

    with pytest.raises(error):
        new_verifier().verify(issuer.token(**changed))


@pytest.mark.parametrize(
    "bearer", ["", "x", "a.b.c", "Bearer a.b.c", None, b"a.b.c", 7, ["a"], "é.ü.ß", "a" * 9000]
)
def test_what_is_no_token_is_refused_before_anything_is_fetched(
    issuer: TestIssuer, new_verifier, bearer
) -> None:
    """Nothing but InvalidToken escapes, and nobody can make a verifier fetch by sending rubbish (R36)."""
    with pytest.raises(e.TokenMalformed):
        new_verifier().verify(bearer)

    assert not issuer.visits


def test_scopes_cover_each_other_as_the_issuer_says(issuer: TestIssuer, new_verifier) -> None:
    """`connectors` includes `connectors:view` where the metadata says so; one missing name is enough to refuse."""
    issuer.metadata = {"scopes_covered": {"connectors": ["connectors:manage", "connectors:view"]}}
    verifier, token = new_verifier(), issuer.token(scope="connectors mail.send.*")

    verifier.verify(token, scope="connectors:view")
    verifier.verify(token, scope=["connectors:manage", "mail.send.now"])
    with pytest.raises(e.InsufficientScope) as refused:
        verifier.verify(token, scope="connectors:view automation")

    assert refused.value.missing == ("automation",)


@pytest.mark.parametrize(
    ("address", "accepted"),
    [
        ("192.0.2.7", True),
        ("::ffff:192.0.2.7", True),
        ("192.0.3.7", False),
        ("nonsense", False),
        (None, False),
    ],
)
def test_a_token_bound_to_addresses_needs_one_of_them(
    issuer: TestIssuer, new_verifier, address, accepted
) -> None:
    """IPv4-mapped addresses are unmapped first; without an address the answer is no (threats 27)."""
    verifier, token = new_verifier(), issuer.token(allowed_ips=["192.0.2.0/24"])

    if accepted:
        verifier.verify(token, client_address=address)
    else:
        with pytest.raises(e.AddressNotAllowed):
            verifier.verify(token, client_address=address)


@pytest.mark.parametrize(
    "address", ["ftp://x.example", "http://tokens.example", "https://u:p@x.example", "x", ""]
)
@pytest.mark.parametrize("kind", [Verifier, sync.Verifier])
def test_an_issuer_that_may_not_be_asked_is_refused_at_once(kind, address) -> None:
    """https, or http to this machine: anything else is a mistake that should be seen at start-up (R39, L5)."""
    with pytest.raises(e.InvalidPolicy):
        kind(address, AUDIENCE)


def test_each_profile_prints_its_bound() -> None:
    """What an operator chooses is said in seconds, the clock's leeway included."""
    assert "within 1 min 12 s while" in str(DEFAULT)
    assert "within 15 min 30 s whatever" in str(DEFAULT)
    assert "within 1 min 30 s whatever" in str(STRICT)
    assert "within 1 h 30 s whatever" in str(LENIENT)


async def test_concurrent_requests_share_one_fetch(issuer: TestIssuer) -> None:
    """Fifty first requests at once cost the issuer three answers, and a request that is cut off cuts no other."""
    async with Verifier(issuer.url, AUDIENCE, clock=issuer.time.clock) as verifier:
        requests = [asyncio.create_task(verifier.verify(issuer.token(idx=idx))) for idx in range(100, 150)]
        await asyncio.sleep(0)
        requests[0].cancel()
        claims = await asyncio.gather(*requests[1:])

    assert len(claims) == 49
    assert issuer.visits == {METADATA: 1, JWKS: 1, LIST: 1}
