"""The token-level rows of the attack list, each with its one right outcome."""

import socket

import pytest
from safeconduct import check
from safeconduct.errors import InvalidToken

from tests.vectors import claims_attacks, form_attacks, header_attacks
from tests.vectors.attack import Attack
from tests.vectors.forge import KEYS, NOW

ATTACKS = [*header_attacks.ROWS, *form_attacks.ROWS, *claims_attacks.ROWS]
REFUSED = [attack for attack in ATTACKS if attack.error is not None]
TAKEN = [attack for attack in ATTACKS if attack.error is None]


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jku and x5u are bait: a socket would be a failure of its own."""

    def refuse(*_: object) -> None:
        raise AssertionError("a verifier opened a socket")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.mark.parametrize("attack", [pytest.param(attack, id=attack.id) for attack in REFUSED])
def test_an_attack_is_refused_for_its_own_reason(attack: Attack) -> None:
    """L7, L11, L12, L13, S4: The answer names the one rule that the token breaks, only our errors escape,
    nothing is quoted (R35, R36, L1, L3, L4, L8, L9, L14, S1, S2, S3, S5).
    """
    with pytest.raises(InvalidToken) as refusal:
        check(attack.token, KEYS, attack.policy, NOW)

    assert type(refusal.value) is attack.error
    assert refusal.value.__cause__ is None
    assert not any(part in str(refusal.value) for part in attack.token.split(".") if len(part) > 12)


@pytest.mark.parametrize("attack", [pytest.param(attack, id=attack.id) for attack in TAKEN])
def test_a_legal_neighbour_of_an_attack_is_taken(attack: Attack) -> None:
    """A verifier that refuses everything would pass every other test of this page."""
    assert check(attack.token, KEYS, attack.policy, NOW).iss == attack.policy.issuer


def test_the_list_is_long_and_names_each_row_once() -> None:
    """R35 asks for at least 150 hostile tokens."""
    ids = [attack.id for attack in ATTACKS]

    assert len(REFUSED) >= 150
    assert len(set(ids)) == len(ids)
