"""The form of a short reference."""

import re

from hypothesis import given
from hypothesis import strategies as st

from service.domain.reference import PATTERN, hint_of, is_reference, new_reference

OCTETS = st.binary(min_size=20, max_size=20)


def made(octets: bytes) -> str:
    return new_reference(lambda count: octets[:count])


@given(OCTETS)
def test_it_is_short_and_checks_itself(octets: bytes) -> None:
    """At most 64 characters, of letters and digits after its prefix, so that a field and a scanner take it whole."""
    text = made(octets)

    assert len(text) == 37
    assert re.fullmatch(PATTERN, text)
    assert is_reference(text)


@given(OCTETS, OCTETS)
def test_160_random_bits_make_160_different_bits(one: bytes, other: bytes) -> None:
    """Threats 25: nothing of the randomness is lost on the way into letters."""
    assert (made(one) == made(other)) == (one == other)


@given(OCTETS, st.integers(4, 36), st.sampled_from("0123456789abcXYZ"))
def test_a_typing_error_is_seen_without_asking(octets: bytes, place: int, letter: str) -> None:
    """One wrong character, a lost one, one too many: no reference."""
    text = made(octets)
    wrong = text[:place] + letter + text[place + 1 :]

    assert is_reference(wrong) == (wrong == text)
    assert not is_reference(text[:-1])
    assert not is_reference(text + letter)
    assert not is_reference(text.upper())


@given(OCTETS)
def test_its_hint_gives_little_away(octets: bytes) -> None:
    """Four characters of its check: they tell tokens apart, and shorten no search for the secret."""
    text = made(octets)

    assert hint_of(text) == f"sct_…{text[-4:]}"
