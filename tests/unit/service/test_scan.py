from hypothesis import given
from hypothesis import strategies as st

from service.domain.scan import Answers, ScanRules

RULES = ScanRules()
NOW = 1_800_000_000


def told(active: int, inactive: int, *, over: int = 50) -> tuple[Answers, bool]:
    """The answers of a client, the active ones in between, and whether it was found scanning."""
    answers, scans = Answers(), False
    answers.inactive(NOW)
    answers.active += active
    for number in range(1, inactive):
        now = NOW + number * over // inactive
        answers.inactive(now)
        scans = answers.begin_refusal(RULES, now) or scans
    return answers, scans


def test_more_than_fifty_inactive_answers_a_minute_are_a_scan() -> None:
    """Fifty are bad luck, one more is somebody with a list."""
    assert [told(0, count)[1] for count in (50, 51)] == [False, True]


def test_a_busy_client_with_some_dead_tokens_is_none() -> None:
    """Nine tenths have to be inactive: 90 % is not more than 90 %."""
    assert [told(active, 51)[1] for active in (6, 5)] == [False, True]


def test_slow_is_no_scan() -> None:
    """What is spread over more than a minute is counted in minutes."""
    assert told(0, 80, over=110)[1] is False


@given(st.integers(0, 59))
def test_a_refusal_lasts_a_minute(passed: int) -> None:
    """To the second, and then it is over; a clock that was set back ends it."""
    answers, _ = told(0, 51)
    began = answers.refused_at

    assert answers.refused_for(RULES, began + passed) == 60 - passed
    assert answers.refused_for(RULES, began + 60) == 0
    assert answers.refused_for(RULES, began + passed) == 0


def test_a_clock_set_back_refuses_nobody_for_hours() -> None:
    """Time that never was is not waited for."""
    answers, _ = told(0, 51)

    assert answers.refused_for(RULES, answers.refused_at - 3_600) == 0


@given(st.integers(1, 400))
def test_two_hundred_inactive_answers_a_second(count: int) -> None:
    """The bucket is of one second, and the next second has its own."""
    answers = Answers()
    for _ in range(count):
        answers.inactive(NOW)
    assert answers.are_too_fast(RULES) is (count > 200)

    answers.inactive(NOW + 1)

    assert not answers.are_too_fast(RULES)
