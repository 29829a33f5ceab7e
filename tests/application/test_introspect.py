"""Introspect: what a resource server is told, and what it is not."""

import pytest

from keys import Purpose
from service.application.introspect import address_allowed
from tests.application.deployment import DAY, REPORTS, Deployment, claims_of

MINUTE = 60


async def test_an_active_token_is_told_with_its_claims(opened: Deployment) -> None:
    """As they were signed."""
    issued = await opened.token(audiences=(opened.audience, REPORTS), scopes=("embed", "company:view"))

    claims = await opened.claims(issued)

    assert claims.to_json() == claims_of(issued)


async def test_a_client_learns_about_tokens_of_its_own_audiences_alone(opened: Deployment) -> None:
    """R20; judged on every call, whoever asked before (L19)."""
    ours, reports = await opened.client(opened.audience), await opened.client(REPORTS)
    issued, both = await opened.token(), await opened.token(audiences=(opened.audience, REPORTS))
    introspect = opened.services.introspect

    for _ in range(2):
        assert await introspect(issued.jwt.reveal(), client=ours)
        assert await introspect(issued.jwt.reveal(), client=reports) is None
        assert await introspect(both.jwt.reveal(), client=ours)
        assert await introspect(both.jwt.reveal(), client=reports)


async def test_a_token_bound_to_addresses_needs_the_callers_address(opened: Deployment) -> None:
    """Threats 27: none, another one, or nonsense is inactive; one inside is active, also written as IPv6."""
    issued = await opened.token(allowed_ips=("10.0.0.0/8", "2001:db8::/32"))
    free = await opened.token()

    async def told(address: str | None, token: str = issued.jwt.reveal()) -> bool:
        client = opened.everywhere
        return await opened.services.introspect(token, client=client, client_ip=address) is not None

    inside = ("10.1.2.3", "::ffff:10.1.2.3", "2001:db8::1", "::FFFF:0a01:0203")
    outside = (None, "", "11.0.0.1", "::ffff:11.0.0.1", "2001:db9::1", "10.1.2.3/32", "10.1.2.3 ", "x" * 99)
    assert [await told(address) for address in inside] == [True] * len(inside)
    assert [await told(address) for address in outside] == [False] * len(outside)
    assert await told(None, free.jwt.reveal())
    assert await told("nonsense", free.jwt.reveal())


@pytest.mark.parametrize(
    ("address", "networks", "allowed"),
    [
        ("192.0.2.1", ("192.0.2.1/32",), True),
        ("192.0.2.2", ("192.0.2.1/32",), False),
        ("::1", ("0.0.0.0/0",), False),
        ("192.0.2.1", ("::/0",), False),
        ("192.0.2.1", ("2001:db8::/32", "192.0.2.0/24"), True),
        ("fe80::1%eth0", ("fe80::/10",), True),
    ],
)
def test_addresses_are_compared_as_numbers(address: str, networks: tuple[str, ...], allowed: bool) -> None:
    """Each family with its own; a zone is no part of the number."""
    assert address_allowed(address, networks) is allowed


async def test_a_token_is_inactive_before_its_start(opened: Deployment) -> None:
    """With the leeway of 30 seconds that every verifier gives."""
    issued = await opened.token(not_before=opened.clock() + 10 * MINUTE)
    opened.clock.advance(9 * MINUTE)
    assert not await opened.is_active(issued)

    opened.clock.advance(45)

    assert await opened.is_active(issued)


async def test_a_token_is_inactive_from_the_second_it_expires(opened: Deployment) -> None:
    """No leeway (ruling 3)."""
    issued = await opened.token(days=1)
    opened.clock.advance(DAY - 10)
    assert await opened.is_active(issued)

    opened.clock.advance(claims_of(issued)["exp"] - opened.clock())

    assert not await opened.is_active(issued)


async def test_a_token_of_a_compromised_key_is_inactive(opened: Deployment) -> None:
    """R29: from the acknowledgement on; tokens of the key after it live."""
    issued = await opened.token()
    kid = opened.services.current.ring.active(Purpose.ACCESS_TOKEN).kid

    await opened.services.compromise_key(kid, reason="leaked", actor="administrator")

    assert not await opened.is_active(issued)
    assert await opened.is_active(await opened.token())


async def test_a_token_of_a_retired_key_is_active(opened: Deployment) -> None:
    """A rotation breaks nobody (ruling 1)."""
    issued = await opened.token()
    opened.clock.advance(2 * DAY)

    await opened.services.rotate_keys(purpose=Purpose.ACCESS_TOKEN, actor="administrator")

    assert opened.services.current.ring.active(Purpose.ACCESS_TOKEN).kid != claims_of(issued)
    assert await opened.is_active(issued)


async def test_nonsense_is_inactive(opened: Deployment) -> None:
    """No string makes an error."""
    strings = (
        "",
        ".",
        "..",
        "a.b.c",
        "\x00",
        "é" * 100,
        "\ud800",
        "x" * 100_000,
        "a." * 5_000,
        "eyJ9.eyJ9.eyJ9",
    )

    assert [await opened.claims(text) for text in strings] == [None] * len(strings)
