import pytest
from aiohttp.test_utils import make_mocked_request

from service.web.client_address import client_address, is_among, parse_address, read_networks

TRUSTED = read_networks(("10.0.0.0/8", "fd00::/8"))


class Peer:
    """A transport whose other end is at an address."""

    def __init__(self, address: str) -> None:
        self._address = address

    def get_extra_info(self, name: str, default: object = None) -> object:
        return (self._address, 1) if name == "peername" else default


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("192.0.2.1", [], "192.0.2.1"),
        ("192.0.2.1", ["203.0.113.9"], "192.0.2.1"),
        ("10.0.0.1", ["203.0.113.9"], "203.0.113.9"),
        ("10.0.0.1", ["1.2.3.4, 203.0.113.9, 10.0.0.2"], "203.0.113.9"),
        ("10.0.0.1", ["1.2.3.4", "203.0.113.9, 10.0.0.2"], "203.0.113.9"),
        ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ("10.0.0.1", ["203.0.113.9, nonsense"], "10.0.0.1"),
        ("10.0.0.1", ["nonsense, 10.0.0.2"], "10.0.0.2"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("::ffff:10.0.0.1", ["203.0.113.9"], "203.0.113.9"),
        ("fd00::1", ["2001:db8::5"], "2001:db8::5"),
        ("10.0.0.1", ["::ffff:203.0.113.9"], "203.0.113.9"),
    ],
)
def test_addresses_are_believed_from_the_right_and_from_our_proxies_alone(
    peer: str, forwarded: list[str], client: str
) -> None:
    """What a client wrote into the header itself is never taken for where it is (threats 27)."""
    request = make_mocked_request(
        "GET", "/", headers=[("X-Forwarded-For", each) for each in forwarded], transport=Peer(peer)
    )

    assert client_address(request, TRUSTED) == client


def test_without_trusted_proxies_no_header_is_read() -> None:
    """The default believes the connection alone."""
    request = make_mocked_request(
        "GET", "/", headers=[("X-Forwarded-For", "203.0.113.9")], transport=Peer("192.0.2.1")
    )

    assert client_address(request, ()) == "192.0.2.1"


def test_a_mapped_address_is_the_address_it_maps() -> None:
    """Python says that ::ffff:10.0.0.1 is not in 10/8."""
    assert is_among("::ffff:10.0.0.1", TRUSTED)
    assert parse_address("x") is None
    assert not is_among(None, TRUSTED)
