from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.api.oauth_forms import form_decode, parse_form
from service.domain.errors import Faulty

NAMES = st.text(min_size=1, max_size=8)
VALUES = st.text(min_size=1, max_size=40)


@given(st.dictionaries(NAMES, VALUES, max_size=8))
def test_a_form_reads_as_it_was_written(form: dict[str, str]) -> None:
    """Whatever Unicode a parameter holds, escaping and reading give it back."""
    assert parse_form(urlencode(form).encode()) == form


@given(st.binary(max_size=200))
def test_no_bytes_do_more_than_be_refused(body: bytes) -> None:
    """A hostile body is a form or Faulty; nothing else is ever raised."""
    try:
        form = parse_form(body)
    except Faulty:
        return

    assert all(form.values())


@given(st.text(alphabet="token=&x%2+", max_size=40))
def test_a_repeated_name_is_never_read(body: str) -> None:
    """Threats 38: RFC 6749 section 3.2: of two values none is chosen, also when the names are escaped differently."""
    names = [pair.partition("=")[0] for pair in body.split("&") if pair]

    try:
        decoded = [form_decode(name) for name in names]
        parse_form(body.encode())
    except Faulty:
        return

    assert len(set(decoded)) == len(decoded)


def test_a_value_left_empty_is_left_out() -> None:
    """RFC 6749 section 3.2: as if it had not been sent."""
    assert parse_form(b"token=&token_type_hint&client_ip=::1") == {"client_ip": "::1"}


@pytest.mark.parametrize("body", [b"a=%", b"a=%4", b"%g0=1", b"a=\xff", b"a=%ff", b"\xef\xbf", b"a=1&a=2"])
def test_what_could_be_read_two_ways_is_refused(body: bytes) -> None:
    """A broken escape, broken UTF-8 and a repetition have no one meaning."""
    with pytest.raises(Faulty):
        parse_form(body)
