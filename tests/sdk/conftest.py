from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.sdk.flavours import Awaited, Plain
from tests.sdk.issuer import TestIssuer, TurnableTime, running_issuer


@pytest.fixture
def time() -> TurnableTime:
    return TurnableTime()


@pytest.fixture
def issuer(time: TurnableTime) -> Iterator[TestIssuer]:
    with running_issuer(time) as running:
        yield running


@pytest.fixture(params=[Plain, Awaited], ids=["sync", "async"])
def new_verifier(request: pytest.FixtureRequest, issuer: TestIssuer) -> Iterator[Callable[..., Any]]:
    """Makes verifiers of the test's issuer, of one kind."""
    made = []

    def make(**options: Any) -> Any:
        made.append(request.param(issuer, **options))
        return made[-1]

    yield make
    for each in made:
        each.close()
