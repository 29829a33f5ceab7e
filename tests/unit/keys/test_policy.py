from dataclasses import replace

import pytest

from keys import MAX_PUBLISHED, ImpossibleTimings, RotationPolicy

DAY = 86_400


def test_the_defaults_hold_together():
    """90 days of signing, 24 hours of prepublication, 2 minutes of drain."""
    policy = RotationPolicy()

    assert (policy.rotation_period, policy.prepublication, policy.drain) == (90 * DAY, DAY, 120)


@pytest.mark.parametrize(
    ("times", "fault"),
    [
        ({"prepublication": 599}, "prepublication"),
        ({"prepublication": 600, "jwks_max_age": 511}, "prepublication"),
        ({"prepublication": 600, "jwks_cooldown": 241}, "prepublication"),
        ({"prepublication": 600, "leeway": 136}, "prepublication"),
        ({"rotation_period": DAY}, "rotation_period"),
        ({"drain": 30}, "drain"),
        ({"request_timeout": 120}, "drain"),
        ({"status_list_ttl": 900}, "status_list_ttl"),
        ({"status_list_resign_interval": 31}, "status_list_resign_interval"),
        ({"max_token_lifetime": 27 * 90 * DAY + 1}, "rotation_period"),
        ({"rotation_period": 2 * DAY, "max_token_lifetime": 365 * DAY}, "rotation_period"),
        ({"algorithm": "HS256"}, "algorithm"),
        ({"drain": 0}, "drain"),
        ({"leeway": -1}, "leeway"),
        ({"jwks_max_age": 300.0}, "jwks_max_age"),
        ({"prepublication": True}, "prepublication"),
        ({"rotation_period": None}, "rotation_period"),
        ({"max_token_lifetime": 0}, "max_token_lifetime"),
    ],
)
def test_an_impossible_timing_is_refused_by_name(times, fault):
    """A configuration that would break verifiers is found at start-up (R72)."""
    with pytest.raises(ImpossibleTimings) as refusal:
        RotationPolicy(**times)

    assert [text.partition(":")[0] for text in refusal.value.faults] == [fault]


@pytest.mark.parametrize(
    "times",
    [
        {"prepublication": 600},
        {"prepublication": 600, "jwks_max_age": 510},
        {"prepublication": 600, "jwks_cooldown": 240},
        {"prepublication": 600, "leeway": 135},
        {"rotation_period": DAY + 1},
        {"drain": 31},
        {"status_list_ttl": 899},
        {"status_list_resign_interval": 30},
        {"max_token_lifetime": 27 * 90 * DAY},
        {"max_token_lifetime": None},
    ],
)
def test_the_last_possible_timing_is_taken(times):
    """The other side of each boundary above."""
    assert replace(RotationPolicy(), **times)


def test_all_faults_are_reported_at_once():
    """Nobody corrects a configuration line by line, one start after the other."""
    with pytest.raises(ImpossibleTimings) as refusal:
        RotationPolicy(prepublication=60, rotation_period=30, drain=1, status_list_ttl=900)

    assert len(refusal.value.faults) == 4
    assert all(fault in str(refusal.value) for fault in refusal.value.faults)


def test_the_longest_token_never_needs_more_keys_than_are_published():
    """R72 with threats 23: lifetime / rotation period is bounded by what verifiers read."""
    policy = RotationPolicy(max_token_lifetime=27 * 90 * DAY)

    assert policy.max_token_lifetime / policy.rotation_period + 5 == MAX_PUBLISHED
