from hypothesis import given
from hypothesis import strategies as st

from service.domain.throttle import Acquaintance, Failures, Standing, ThrottleRules

RULES = ThrottleRules()
NOW = 1_800_000_000
DEVICE, ADDRESS, STRANGER = Acquaintance.DEVICE, Acquaintance.ADDRESS, Acquaintance.STRANGER

counts = st.integers(0, 500)
times = st.integers(NOW - 40 * 86_400, NOW + 86_400)
failures = st.builds(Failures, counts, times, times)
standings = st.builds(Standing, account=failures, address=failures, pair=failures)
acquaintances = st.sampled_from(Acquaintance)


def failed(count: int, at: int = NOW) -> Failures:
    return Failures(count, at, at)


def test_five_failures_are_free_then_each_doubles_the_wait() -> None:
    """R45: a slip costs nothing, an hour of guessing buys a handful of guesses."""
    delays = [RULES.delay(count) for count in range(17)]

    assert delays == [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]


@given(counts, counts)
def test_more_failures_never_wait_less(some: int, more: int) -> None:
    """Nobody guesses faster by guessing more."""
    assert RULES.delay(some) <= RULES.delay(some + more) <= RULES.longest_delay


@given(standings, acquaintances, times)
def test_nobody_waits_longer_than_a_quarter_of_an_hour(
    standing: Standing, known: Acquaintance, now: int
) -> None:
    """No lock: whatever was counted, and however a clock was set, the wait is at most the longest one."""
    assert 0 <= RULES.wait(standing, known, now) <= RULES.longest_delay


@given(st.integers(5, 99), acquaintances)
def test_the_wait_ends_to_the_second(count: int, known: Acquaintance) -> None:
    """One second early is early, and then it is over."""
    standing, end = Standing(pair=failed(count)), NOW + RULES.delay(count)

    assert RULES.wait(standing, known, NOW) == RULES.delay(count)
    assert RULES.wait(standing, known, end - 1) == 1
    assert RULES.wait(standing, known, end) == 0


def test_the_hundredth_failure_in_a_row_is_the_last_of_a_stranger() -> None:
    """NIST SP 800-63B: no more than 100 are ever judged; from then on only those whom the account knows may try."""
    below, full = (Standing(account=failed(count)) for count in (99, 100))

    assert RULES.wait(below, STRANGER, NOW) == 0
    assert RULES.wait(full, STRANGER, NOW + 30 * 86_400) == RULES.longest_delay
    assert RULES.wait(full, ADDRESS, NOW) == 0
    assert RULES.wait(full, DEVICE, NOW) == 0


@given(st.sampled_from([ADDRESS, DEVICE]))
def test_whoever_is_known_has_a_hundred_failures_too(known: Acquaintance) -> None:
    """A stolen device cookie, or a neighbour behind the owner's address, does not guess for ever."""
    standing = Standing(pair=failed(100, NOW - 86_400))

    assert RULES.wait(standing, known, NOW) == RULES.longest_delay


def test_a_network_fails_thirty_times_in_five_minutes() -> None:
    """However many names it tries; a known device behind it goes on."""
    below, full = (Standing(address=Failures(count, NOW, NOW + 200)) for count in (29, 30))

    assert RULES.wait(below, STRANGER, NOW + 200) == 0
    assert RULES.wait(full, STRANGER, NOW + 299) == 1
    assert RULES.wait(full, ADDRESS, NOW + 299) == 1
    assert RULES.wait(full, STRANGER, NOW + 300) == 0
    assert RULES.wait(full, DEVICE, NOW) == 0


@given(standings, acquaintances, times)
def test_one_more_failure_is_counted_everywhere_but_for_a_known_devices_network(
    standing: Standing, known: Acquaintance, now: int
) -> None:
    """The owner's slips lock no colleague out."""
    after = standing.and_one(now, known)

    assert after.account.count == standing.account.count + 1
    assert after.pair == Failures(
        standing.pair.count + 1, standing.pair.since if standing.pair.count else now, now
    )
    assert after.address.count == standing.address.count + (known is not DEVICE)


@given(st.integers(1, 100))
def test_guessing_in_instalments_is_no_faster(count: int) -> None:
    """What is forgotten is forgotten at the rate at which a full streak is: 100 guesses in 30 days."""
    kept = RULES.forget_streak_at(failed(count)) - NOW

    assert count * RULES.account_memory <= kept * RULES.account_failures
    assert kept <= RULES.account_memory


@given(standings, acquaintances, st.integers(1, 40), st.integers(1, 10_000), st.integers(1, 40))
def test_a_refusal_says_how_long_and_keeps_its_word(
    standing: Standing, known: Acquaintance, free: int, longest: int, most: int
) -> None:
    """Under any settings: who waits as long as told may try, unless the account is guarded."""
    rules = ThrottleRules(
        free_failures=free, longest_delay=longest, address_failures=most, account_failures=501
    )
    now = NOW + 86_400  # nothing is counted in the future

    wait = rules.wait(standing, known, now)

    assert rules.wait(standing, known, now + wait) == 0
    assert wait == 0 or rules.wait(standing, known, now + wait - 1) == 1
