"""Examples beside a live service while hours pass for all of them: a key is rotated, and the issuer goes away."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import jwt
import pytest
from safeconduct import STRICT

from tests.lab.replica import Replica, running_replica
from tests.sdk.examples import Example, running_example
from tests.servers.leash import Leash, wait_until
from tests.servers.wrong_clock import WrongClock

NAMES = ["aiohttp", "fastapi", "asgi", "flask", "wsgi", "django", "drf"]
PREPUBLICATION = 600  # seconds, the least there is
SOON = 60


class SharedClock(WrongClock):
    """Everybody's. It is looked at once a second, so that nobody's time is spent on that."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._ahead = 0

    def let_pass(self, seconds: int) -> None:
        self._ahead += seconds
        self.turn_to(self._ahead)

    @property
    def environment(self) -> Mapping[str, str]:
        known = super().environment
        kept = {name: known[name] for name in known if name != "FAKETIME_NO_CACHE"}
        return {**kept, "FAKETIME_CACHE_DURATION": "1"}


@pytest.fixture(scope="module")
def clock(tmp_path_factory: pytest.TempPathFactory) -> SharedClock:
    return SharedClock(tmp_path_factory.mktemp("clock"))


@pytest.fixture(scope="module")
def replica(leash: Leash, clock: SharedClock) -> Iterator[Replica]:
    settings = {
        "PREPUBLICATION": str(PREPUBLICATION),
        "BEARER_SESSION_LIFETIME": "86400",
        "STATUS_LIST_TICK": "5",
    }
    with running_replica(leash, also=clock.environment, **settings) as replica:
        yield replica


@pytest.fixture(scope="module")
def examples(replica: Replica, leash: Leash, clock: SharedClock) -> Iterator[list[Example]]:
    with ExitStack() as running:
        yield [
            running.enter_context(running_example(name, replica, leash, **clock.environment))
            for name in NAMES
        ]


def new_token(replica: Replica) -> str:
    return f"Bearer {replica.administrator.create(scopes=['connectors:view'])['token']}"


def kid(authorization: str) -> str:
    return jwt.get_unverified_header(authorization.removeprefix("Bearer "))["kid"]


def outcomes(examples: list[Example], authorization: str) -> list[str]:
    """accepted, or the code of the refusal."""
    replies = [each.call(authorization) for each in examples]
    return ["accepted" if reply.status == 200 else reply.code for reply in replies]


def test_a_rotated_key_is_right_at_once(
    examples: list[Example], replica: Replica, clock: SharedClock
) -> None:
    """Its tokens never meet a verifier that does not know it, since it was published long before, and tokens of the
    key before it go on holding (R25, K19, L17).
    """
    root, accepted = replica.administrator, ["accepted"] * len(NAMES)
    old = new_token(replica)
    assert outcomes(examples, old) == accepted

    clock.let_pass(PREPUBLICATION + 60)
    rotate = {"purpose": "access_token"}
    assert wait_until(
        lambda: root.call("POST", "/v1/admin/keys/rotate", json_body=rotate).status == 200, within=SOON
    )
    new, seen = new_token(replica), set()
    assert wait_until(
        lambda: not seen.update(told := outcomes(examples, new)) and told == accepted, within=SOON
    )

    assert kid(new) != kid(old)
    behind = {"token_not_yet_valid", "verifier_unavailable"}  # a clock or a list of a day ago, for a moment
    assert seen <= {"accepted", *behind}
    assert outcomes(examples, old) == accepted


def test_without_the_issuer_tokens_hold_until_the_bound_and_then_nobody_can_tell(
    examples: list[Example], replica: Replica, clock: SharedClock
) -> None:
    """Killed: tokens go on working as long as the list may be used, then 503 and no verdict, until it is back
    (R3, R40, F32).
    """
    accepted, silent = ["accepted"] * len(NAMES), ["verifier_unavailable"] * len(NAMES)
    authorization = new_token(replica)
    assert wait_until(lambda: outcomes(examples, authorization) == accepted, within=SOON)

    replica.kill9()
    alone = outcomes(examples, authorization)
    clock.let_pass(STRICT.max_staleness + 1)
    assert wait_until(lambda: outcomes(examples, authorization) == silent, within=SOON)
    replies = [each.call(authorization) for each in examples]
    replica.start()
    back = wait_until(lambda: outcomes(examples, authorization) == accepted, within=STRICT.bound)

    assert alone == accepted
    assert [reply.status for reply in replies] == [503] * len(NAMES)
    assert all(reply.headers["Retry-After"] for reply in replies)
    assert back
