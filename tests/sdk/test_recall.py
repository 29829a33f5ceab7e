"""The short way of a token seen before: it is left as soon as anything is not plainly in order."""

from collections.abc import Callable
from math import inf
from types import MappingProxyType
from typing import Any

import pytest
from safeconduct.jwks import KeySet

from tests.sdk.issuer import TestIssuer
from tests.sdk.test_staleness import outcome


def held(verifier: Any) -> Any:
    [only] = verifier.verifier._core.source.held()
    return only


def without_keys(verifier: Any, _: TestIssuer) -> None:
    verifier.verifier._core.issuer.key_cache.install(KeySet(MappingProxyType({}), 1))


def let_keys_age(verifier: Any, issuer: TestIssuer) -> None:
    held(verifier).deadline_at = held(verifier).usable_until = inf
    issuer.time.advance(301)


def let_the_list_end(verifier: Any, issuer: TestIssuer) -> None:
    held(verifier).deadline_at = verifier.verifier._core.issuer.key_cache.fresh_until = inf
    issuer.time.advance(900)


def let_the_list_be_due(verifier: Any, issuer: TestIssuer) -> None:
    issuer.time.advance(60)


def let_the_token_end(verifier: Any, issuer: TestIssuer) -> None:
    issuer.time.advance(20)


def set_the_clock_back(verifier: Any, issuer: TestIssuer) -> None:
    issuer.time.advance(20)
    issuer.time.set_wall(-7_200)


def revoke(verifier: Any, _: TestIssuer) -> None:
    held(verifier).replace(held(verifier).statuses.changed([(4711, 1)]), (1, 2))


@pytest.mark.parametrize(
    "spoil",
    [
        without_keys,
        let_keys_age,
        let_the_list_end,
        let_the_list_be_due,
        let_the_token_end,
        set_the_clock_back,
        revoke,
    ],
)
def test_whatever_is_not_in_order_leaves_the_short_way(
    issuer: TestIssuer, new_verifier, spoil: Callable[[Any, TestIssuer], None]
) -> None:
    """Key, age of keys and list, times and status are each judged on every call (threats 10)."""
    lifetime = 20 if spoil in {let_the_token_end, set_the_clock_back} else 9_999
    verifier, token = new_verifier(), issuer.token(exp=int(issuer.time.wall) + lifetime)
    verifier.verify(token)
    verifier.verifier.recall.look_ahead_at = inf
    assert verifier.verifier.recall(token, "connectors") is not None

    spoil(verifier, issuer)

    assert verifier.verifier.recall(token, "connectors") is None


def test_a_remembered_token_ends_on_the_second(issuer: TestIssuer, new_verifier) -> None:
    """`exp` has no leeway, on the short way neither."""
    verifier, token = new_verifier(), issuer.token(exp=int(issuer.time.wall) + 20)
    verifier.verify(token)
    verifier.verifier.recall.look_ahead_at = inf

    issuer.time.advance(19)
    before = outcome(verifier, token)
    issuer.time.advance(1)

    assert (before, outcome(verifier, token)) == ("accepted", "token_expired")
