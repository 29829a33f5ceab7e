"""base64url: one spelling for each string of bytes."""

import base64

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from safeconduct.base64url import decode, encode

NEAR_BASE64URL = st.text("ABCZabcz0189-_+/= \n.\u0100\ud800", max_size=12)


@given(st.binary())
def test_decode_undoes_encode(raw: bytes) -> None:
    """Whatever is written can be read."""
    assert decode(encode(raw)) == raw


@given(st.binary())
def test_encode_writes_what_the_standard_library_writes(raw: bytes) -> None:
    """RFC 4648 section 5 without padding."""
    assert encode(raw) == base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@given(NEAR_BASE64URL)
@example("AA==")
@example("AA=")
@example("AAA=")
@example("AB")
@example("A")
@example("AAAAA")
@example("++++")
@example("AA\nAA")
def test_a_text_is_taken_only_if_encode_would_have_written_it(text: str) -> None:
    """No alternative spelling of the same bytes, so two tokens that differ differ in what they say."""
    try:
        raw = decode(text)
    except ValueError:
        return
    assert encode(raw) == text


@pytest.mark.parametrize(
    "text", ["AA==", "AB", "AAB", "A", "AAAAA", "++++", "//8", "AA AA", "=", "\u0410AAA"]
)
def test_another_spelling_is_a_value_error(text: str) -> None:
    """Padding, unused bits, another alphabet, white space, an impossible length."""
    with pytest.raises(ValueError):
        decode(text)
