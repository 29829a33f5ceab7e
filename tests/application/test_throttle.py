"""Trying passwords: guessing wears out, whoever guesses, and the owner comes in all the same (R45 to R47)."""

import asyncio
import itertools
import threading
from dataclasses import replace

import pytest
from argon2 import PasswordHasher

from service.application.attempts import Origin
from service.domain.errors import Busy, SignInFailed
from service.domain.secret import Secret
from service.domain.session import Carrier
from service.wiring import Opened
from tests.application.deployment import CountingHasher, Deployment
from tests.application.people import ANOTHER, PASSWORD, arrive, find, from_afar, link_for

HOME = Origin(address="198.51.100.1")
ELSEWHERE = Origin(address="203.0.113.9")
ANN = "Ann Ulm"
DAY = 86_400


async def attempt(
    on: Deployment | Opened, name: str = ANN, password: str = ANOTHER, origin: Origin = HOME
) -> str:
    """How one attempt ends: in, wrong, or wait."""
    try:
        await on.services.sessions.sign_in(name, Secret(password), carrier=Carrier.BEARER, origin=origin)
    except SignInFailed:
        return "wrong"
    except Busy:
        return "wait"
    return "in"


async def wear_out(on: Deployment, name: str = ANN, origin: Origin = HOME) -> None:
    """Twelve failures, as fast as they are let: the next attempt has to wait for two minutes."""
    for failures in range(12):
        on.clock.advance(70 if failures else 0)
        assert await attempt(on, name, origin=origin) == "wrong"


async def guard(on: Deployment) -> None:
    """A hundred failures in a row, each from another network."""
    for _ in range(100):
        assert await attempt(on, origin=from_afar()) == "wrong"


async def test_a_delay_passes_and_the_right_password_opens(opened: Deployment) -> None:
    """R45: the owner waits like anybody at this address, then is in, and the streak is over."""
    await arrive(opened)
    await wear_out(opened)

    waiting = await attempt(opened, password=PASSWORD)
    opened.clock.advance(130)

    assert waiting == "wait"
    assert await attempt(opened, password=PASSWORD) == "in"
    assert [await attempt(opened) for _ in range(5)] == ["wrong"] * 5


@pytest.mark.parametrize("name", [ANN, "nobody here", "gone", "invited"])
async def test_whoever_waits_costs_no_hash_and_learns_nothing(opened: Deployment, name: str) -> None:
    """R46: a name that exists, one that does not, a disabled and an invited one wait alike, at the cost of none."""
    gone = await arrive(opened, "gone")
    await opened.services.disable_user(gone.user.id, actor="administrator")
    await opened.user(name="invited")
    await arrive(opened)
    await wear_out(opened, name)
    verified = opened.hasher.verified

    with pytest.raises(Busy) as refusal:
        await opened.services.sessions.sign_in(name, Secret(PASSWORD), carrier=Carrier.BEARER, origin=HOME)

    assert opened.hasher.verified == verified
    assert str(refusal.value) == "wait before the next attempt"
    assert 120 <= refusal.value.retry_after <= 128
    assert refusal.value.quota.name == "sign-in"


async def test_refused_attempts_are_not_counted(opened: Deployment) -> None:
    """A client that keeps knocking makes nothing worse for whoever shares its address."""
    await arrive(opened)
    await wear_out(opened)
    before = await opened.dump()

    outcomes = [await attempt(opened) for _ in range(3)]

    assert outcomes == ["wait"] * 3
    assert await opened.dump() == before


async def test_names_are_counted_folded(opened: Deployment) -> None:
    """Another spelling of a name is no fresh start."""
    await arrive(opened)
    await wear_out(opened)

    assert await attempt(opened, "aNN uLM") == "wait"


async def test_an_address_waits_whatever_the_name(opened: Deployment) -> None:
    """Thirty failures in five minutes: the thirty-first name has to wait, elsewhere it has not."""
    outcomes = [await attempt(opened, f"name {number}") for number in range(31)]

    assert outcomes == ["wrong"] * 30 + ["wait"]
    assert await attempt(opened, "name 31", origin=ELSEWHERE) == "wrong"
    opened.clock.advance(301)
    assert await attempt(opened, "name 32") == "wrong"


async def test_an_address_is_not_washed_clean_by_a_success(opened: Deployment) -> None:
    """Somebody with an account of their own takes back their own attempt, not those on thirty others."""
    await arrive(opened)
    for number in range(29):
        await attempt(opened, f"name {number}")
    assert await attempt(opened, password=PASSWORD) == "in"

    outcomes = [await attempt(opened, "name a"), await attempt(opened, "name b")]

    assert outcomes == ["wrong", "wait"]


async def test_all_addresses_of_an_ipv6_network_are_one(opened: Deployment) -> None:
    """Two to the power of sixty-four fresh starts would be no throttle."""
    await wear_out(opened, origin=Origin(address="2001:db8::1"))

    assert await attempt(opened, origin=Origin(address="2001:db8::2")) == "wait"
    assert await attempt(opened, origin=Origin(address="2001:db8:0:1::1")) == "wrong"


async def test_after_a_hundred_failures_only_those_known_may_try(opened: Deployment) -> None:
    """R45: strangers wait even with the right password; the owner's address is in, and opens for all again."""
    await arrive(opened)
    assert await attempt(opened, password=PASSWORD) == "in"
    await guard(opened)

    stranger = await attempt(opened, password=PASSWORD, origin=ELSEWHERE)
    owner = await attempt(opened, password=PASSWORD)

    assert (stranger, owner) == ("wait", "in")
    assert await attempt(opened, password=PASSWORD, origin=ELSEWHERE) == "in"
    assert (await opened.audit("sign-in")).count("session.guarded") == 1


async def test_a_known_device_is_in_from_anywhere(opened: Deployment) -> None:
    """Its cookie is looked at, not where it is: not even a network that is used up stops it."""
    device = (await arrive(opened)).device
    await guard(opened)
    for number in range(30):
        await attempt(opened, f"name {number}", origin=ELSEWHERE)

    outcomes = [
        await attempt(opened, password=PASSWORD, origin=replace(ELSEWHERE, device=secret))
        for secret in (None, Secret("A" * 43), device)
    ]

    assert outcomes == ["wait", "wait", "in"]


async def test_a_device_is_known_to_its_own_account_alone(opened: Deployment) -> None:
    """Whoever has an account of their own gets no further with another one."""
    await arrive(opened)
    bea = (await arrive(opened, "Bea")).device
    await guard(opened)

    assert await attempt(opened, password=PASSWORD, origin=replace(ELSEWHERE, device=bea)) == "wait"


async def test_a_stolen_device_cookie_does_not_guess_for_ever(opened: Deployment) -> None:
    """It has a hundred failures, with the delays of everybody else."""
    device = (await arrive(opened)).device
    origin = replace(ELSEWHERE, device=device)

    outcomes = []
    for _ in range(102):
        outcomes.append(await attempt(opened, origin=origin))
        opened.clock.advance(901)

    assert outcomes == ["wrong"] * 100 + ["wait"] * 2
    assert await attempt(opened, password=PASSWORD, origin=origin) == "wait"


async def test_a_one_time_link_opens_a_guarded_account(opened: Deployment) -> None:
    """The administrator's way out: failures count anew, and devices that were known are so no more."""
    arrived = await arrive(opened)
    await guard(opened)
    link = await link_for(opened, arrived.user)

    await opened.services.invitations.accept(
        link, Secret(ANOTHER + " two"), name=None, carrier=Carrier.COOKIE, origin=HOME
    )

    assert await attempt(opened, password=ANOTHER + " two", origin=ELSEWHERE) == "in"
    await guard(opened)
    old = replace(from_afar(), device=arrived.device)
    assert await attempt(opened, password=ANOTHER + " two", origin=old) == "wait"


async def test_only_pages_get_a_device_cookie_and_only_once(opened: Deployment) -> None:
    """A script has nowhere to keep it; a browser that is known keeps the one it has."""
    sessions = opened.services.sessions
    device = (await arrive(opened)).device
    known = Origin(address=HOME.address, device=device)

    made = [
        (await sessions.sign_in(ANN, Secret(PASSWORD), carrier=carrier, origin=origin)).device
        for carrier, origin in ((Carrier.BEARER, HOME), (Carrier.COOKIE, known), (Carrier.COOKIE, HOME))
    ]

    assert made[:2] == [None, None]
    assert made[2].reveal() != device.reveal()
    assert device.reveal() not in repr(await opened.dump())


async def test_confirming_and_signing_in_count_as_one(opened: Deployment) -> None:
    """R47: no path that takes a password has counters of its own."""
    sessions = opened.services.sessions
    who = await find(opened, await arrive(opened))
    for _ in range(12):
        opened.clock.advance(70)
        with pytest.raises(SignInFailed):
            await sessions.confirm(who, Secret(ANOTHER), origin=HOME)

    with pytest.raises(Busy):
        await sessions.confirm(who, Secret(PASSWORD), origin=HOME)

    assert await attempt(opened, password=PASSWORD) == "wait"


async def test_a_confirmation_forgets_the_failures(opened: Deployment) -> None:
    """It is a success like any other."""
    arrived = await arrive(opened)
    await wear_out(opened)
    opened.clock.advance(130)

    await opened.services.sessions.confirm(await find(opened, arrived), Secret(PASSWORD), origin=HOME)

    assert [await attempt(opened) for _ in range(5)] == ["wrong"] * 5


async def test_of_any_number_at_once_a_hundred_are_judged(opened: Deployment) -> None:
    """Each is counted before its password is looked at: nothing gets past the ceiling by being quick."""
    await arrive(opened)
    verified = opened.hasher.verified

    outcomes: list[str] = []
    for _ in range(12):
        outcomes += await asyncio.gather(*(attempt(opened, origin=from_afar()) for _ in range(12)))

    assert opened.hasher.verified - verified == 100
    assert (outcomes.count("wrong"), outcomes.count("wait")) == (100, 44)


async def test_of_a_burst_after_a_delay_one_is_judged(opened: Deployment) -> None:
    """Fifteen at once from one network buy one guess, not fifteen."""
    await arrive(opened)
    await wear_out(opened)
    opened.clock.advance(130)
    verified = opened.hasher.verified

    await asyncio.gather(*(attempt(opened) for _ in range(15)))

    assert opened.hasher.verified - verified == 1


async def test_failures_are_forgotten_in_time_and_swept(opened: Deployment) -> None:
    """A streak of twelve counts for three days and a half; then housekeeping takes the rows away."""
    await wear_out(opened)
    opened.clock.advance(3 * DAY)
    await opened.opened.housekeeping.sweep()
    kept = await opened.count("sign_in_count")
    opened.clock.advance(DAY)

    await opened.opened.housekeeping.sweep()

    assert (kept, await opened.count("sign_in_count")) == (2, 0)


async def test_what_was_typed_as_a_name_is_not_kept_with_the_counters(opened: Deployment) -> None:
    """It may have been the password."""
    await attempt(opened, PASSWORD)

    assert PASSWORD not in repr((await opened.dump())["sign_in_count"])


class HeldHasher(CountingHasher):
    """Looks at passwords only once it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.let_go = threading.Event()
        self.let_go.set()

    def verify(self, hash: str | bytes, password: str | bytes) -> bool:  # noqa: A002 - argon2's own name
        assert self.let_go.wait(30)
        return super().verify(hash, password)


async def test_a_flood_of_sign_ins_is_bounded_and_stops_nothing_else(on: Deployment) -> None:
    """R62: two are hashed, sixteen wait, the rest is told to come again; tokens are answered for meanwhile, and
    whoever is known finds a place.
    """
    on.hasher = HeldHasher()
    async with on.process() as process:
        on.opened = process
        device = (await arrive(on)).device
        token = await on.token()
        on.hasher.let_go.clear()
        flood = [asyncio.create_task(attempt(on, f"name {n}", origin=from_afar())) for n in range(60)]
        try:
            for refused in itertools.islice(asyncio.as_completed(flood, timeout=20), 42):
                assert await refused == "wait"
            async with asyncio.timeout(20):
                owner = asyncio.create_task(
                    attempt(on, password=PASSWORD, origin=replace(HOME, device=device))
                )
                active = [await on.is_active(token) for _ in range(20)]
        finally:
            on.hasher.let_go.set()

        outcomes = await asyncio.gather(*flood)
        assert (outcomes.count("wrong"), outcomes.count("wait")) == (18, 42)
        assert await owner == "in"
        assert active == [True] * 20


def test_the_default_hash_is_as_hard_as_asked() -> None:
    """OWASP's floor for Argon2id: 19 MiB, two passes."""
    hasher = PasswordHasher()

    assert hasher.type.name == "ID"
    assert (hasher.memory_cost >= 19 * 1_024, hasher.time_cost >= 2) == (True, True)
