import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.network import NOWHERE, network_of


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2::", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::1", "::/64"),
        (None, NOWHERE),
        ("", NOWHERE),
        ("unix:", NOWHERE),
    ],
)
def test_a_caller_is_its_ipv4_address_or_its_ipv6_network(address: str | None, network: str) -> None:
    """Whoever rents one IPv6 address has 2^64 of them."""
    assert network_of(address) == network


@given(st.ip_addresses(v=6), st.integers(0, 2**64 - 1))
def test_no_address_of_an_ipv6_network_is_another_caller(address: object, host: int) -> None:
    """The lower half never counts."""
    other = type(address)((int(address) >> 64 << 64) | host)

    same = {network_of(str(each)) for each in (address, other) if each.ipv4_mapped is None}
    assert len(same) <= 1
