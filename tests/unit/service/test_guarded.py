"""Where webhooks may lead (threats 31)."""

import ipaddress

import pytest

from service.domain.network import address_of
from service.sending.guarded import AddressRefused, GuardedResolver, is_open, url_fault

LAB = [ipaddress.ip_network("10.20.0.0/16")]
LOOPBACK = [ipaddress.ip_network("127.0.0.0/8")]


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "172.16.3.4",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104 - an address that is refused
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fd00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::a00:1",
        "2002:7f00:1::",
        "2001:0:7f00:1::",
    ],
)
def test_no_webhook_leads_into_a_private_network(address: str) -> None:
    """Nor by an address that carries another one (IPv4-mapped, NAT64, 6to4, Teredo)."""
    assert not is_open(address_of(address), LAB)
    bracketed = f"[{address}]" if ":" in address else address
    assert url_fault(f"https://{bracketed}/hook", LAB) is not None


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "10.20.7.7"])
def test_the_world_and_allowed_networks_are_open(address: str) -> None:
    """What the operator allows is as good as what everybody reaches."""
    assert is_open(address_of(address), LAB)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://hooks.example/x",
        "http://hooks.example/x",
        "https:///x",
        "https://user:secret@hooks.example/x",
        "https://hooks.example/x#part",
        "javascript:alert(1)",
        "http://localhost/x",
        "https://localhost/x",
        "https://[::1/x",
        "https://hooks.example:99999/x",
        "",
        "\0",
        "\ud800",
    ],
)
def test_what_is_no_https_url_of_the_world_is_refused(url: str) -> None:
    """No other scheme, no credentials, no way to this machine unless it is allowed."""
    assert url_fault(url, []) is not None


def test_http_is_for_this_machine_where_that_is_allowed() -> None:
    """A relay beside the service needs no certificate."""
    assert url_fault("http://localhost:8080/x", LOOPBACK) is None
    assert url_fault("http://127.0.0.1:8080/x", LOOPBACK) is None
    assert url_fault("http://10.20.1.1/x", [*LOOPBACK, *LAB]) is not None


async def test_a_name_is_judged_by_what_it_resolves_to() -> None:
    """Whatever it is called: the addresses that are connected to are those that were judged."""
    with pytest.raises(AddressRefused):
        await GuardedResolver([]).resolve("localhost", 443)

    found = await GuardedResolver(LOOPBACK).resolve("localhost", 443)

    assert {each["host"] for each in found} == {"127.0.0.1"}
