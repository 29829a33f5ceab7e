"""Addresses of people: what a mail server delivers to, and nothing that could be something else."""

import pytest

from service.domain.contact import email_of
from service.domain.errors import Fault


@pytest.mark.parametrize(
    "text", ["ann@example.com", " a.b+tag@mail.example.co.uk ", "x@xn--bcher-kva.example"]
)
def test_an_address_is_taken(text: str) -> None:
    """Blanks around it are a slip."""
    faults: list[Fault] = []

    assert email_of(text, faults) == text.strip()
    assert faults == []


def test_its_domain_is_kept_in_lower_case() -> None:
    """Its local part is its server's business."""
    assert email_of("Ann@Example.COM", []) == "Ann@example.com"


@pytest.mark.parametrize(
    "text",
    [
        "ann",
        "ann@localhost",
        "@example.com",
        "ann@",
        "a b@example.com",
        '"a b"@example.com',
        "ann@[127.0.0.1]",
        "ann@127.0.0.1",
        "ann@example.com\r\nBcc: eve@example.org",
        "ann@example.com\n",
        "ann@exämple.com",
        "ann@ex..ample.com",
        "ann,eve@example.com",
        "ann@example.com, eve@example.com",
        "Ann <ann@example.com>",
        "a" * 65 + "@example.com",
        "a@" + "b" * 250 + ".com",
        "ann@\ud800.com",
    ],
)
def test_what_is_no_plain_address_is_refused(text: str) -> None:
    """No second receiver, no header, no server of somebody's choice (threats 37)."""
    faults: list[Fault] = []

    found = email_of(text, faults)

    assert (found, [fault.where for fault in faults]) in [
        (None, ["email"]),
        ("ann@example.com", []),  # a line end at the end is a blank around it
    ]
    assert found is None or text.strip() == found


def test_an_empty_text_is_no_address_and_no_fault() -> None:
    """It takes an address away."""
    faults: list[Fault] = []

    assert email_of("", faults) is None
    assert email_of(None, faults) is None
    assert faults == []
