"""VerificationPolicy: what cannot be configured."""

from dataclasses import FrozenInstanceError
from typing import Any

import pytest
from safeconduct import VerificationPolicy
from safeconduct.errors import InvalidPolicy

from tests.vectors.forge import AUDIENCE, ISSUER

GOOD: dict[str, Any] = {"issuer": ISSUER, "audiences": frozenset({AUDIENCE})}


def test_the_defaults_are_the_strict_ones() -> None:
    """Thirty seconds for clocks that differ, none for exp, and a status for whatever lives long."""
    policy = VerificationPolicy(**GOOD)

    assert (policy.leeway, policy.exp_leeway) == (30, 0)
    assert (policy.require_status, policy.unlisted_lifetime) == (True, 900)
    assert policy.algorithms == {"ES256", "RS256", "PS256", "EdDSA"}
    assert (policy.list_lifetime, policy.list_bytes) == (3600, 16 * 1024 * 1024)


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"issuer": ""}, id="no issuer"),
        pytest.param({"audiences": frozenset()}, id="an empty set of audiences"),
        pytest.param({"algorithms": frozenset()}, id="no algorithm"),
        pytest.param({"algorithms": frozenset({"none"})}, id="none"),
        pytest.param({"algorithms": frozenset({"ES256", "HS256"})}, id="HMAC"),
        pytest.param({"leeway": -1}, id="a negative leeway"),
        pytest.param({"exp_leeway": -1}, id="a negative leeway for exp"),
    ],
)
def test_a_policy_that_would_check_less_than_it_seems_to_is_refused(wrong: dict[str, Any]) -> None:
    """L10, L3: missing configuration fails at the start, not at the first forged token; HMAC is none of it."""
    with pytest.raises(InvalidPolicy):
        VerificationPolicy(**GOOD | wrong)


def test_a_policy_cannot_be_changed() -> None:
    """It is shared by everything that verifies."""
    with pytest.raises(FrozenInstanceError):
        VerificationPolicy(**GOOD).leeway = 3600
