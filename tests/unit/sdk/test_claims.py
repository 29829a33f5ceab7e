"""Claims: strict in, exact out."""

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from safeconduct import Claims, StatusReference
from safeconduct.claims import LATEST_TIME
from safeconduct.errors import InvalidClaims

from tests.vectors.forge import AUDIENCE, ISSUER, LIST_URI, NOW, YEAR, claims, without

TIMES = st.integers(0, LATEST_TIME)
NAMES = st.text(
    st.characters(
        exclude_categories=["Cc", "Cs"],
        exclude_characters="\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
    ),
    min_size=1,
    max_size=255,
)
SCOPE_NAMES = st.text([chr(c) for c in range(0x21, 0x7F) if chr(c) not in '"\\'], min_size=1, max_size=20)
BLOCKS = st.ip_addresses(v=4).map(lambda ip: f"{ip}/32") | st.ip_addresses(v=6).map(lambda ip: f"{ip}/128")
CLAIMS = st.builds(
    Claims,
    iss=NAMES,
    sub=NAMES,
    aud=st.lists(NAMES, min_size=1, max_size=16).map(tuple),
    exp=TIMES,
    iat=TIMES,
    jti=NAMES,
    client_id=NAMES,
    scope=st.lists(SCOPE_NAMES, max_size=10, unique=True).map(tuple),
    nbf=st.none() | TIMES,
    status=st.none() | st.builds(StatusReference, idx=TIMES, uri=st.just(LIST_URI)),
    allowed_ips=st.lists(BLOCKS, max_size=4).map(tuple),
)
WRONG_FOR_TEXT = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.lists(st.text()) | st.just("") | st.just({})
)
WRONG_FOR_TIME = (
    st.none() | st.booleans() | st.floats() | st.text() | st.lists(st.integers()) | st.integers(max_value=-1)
)
WRONG: dict[str, st.SearchStrategy[Any]] = {
    "iss": WRONG_FOR_TEXT,
    "sub": WRONG_FOR_TEXT,
    "jti": WRONG_FOR_TEXT,
    "client_id": WRONG_FOR_TEXT,
    "scope": WRONG_FOR_TEXT,
    "exp": WRONG_FOR_TIME,
    "iat": WRONG_FOR_TIME,
    "nbf": WRONG_FOR_TIME,
    "aud": st.none() | st.booleans() | st.integers() | st.floats() | st.lists(st.integers() | st.just("")),
    "status": st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.integers()),
    "allowed_ips": st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.lists(st.integers() | st.just("x")),
}


@given(CLAIMS)
def test_what_is_written_reads_back_the_same(value: Claims) -> None:
    """The issuer writes with the code that its verifiers read with."""
    assert Claims.from_json(value.to_json()) == value


def test_the_claims_object_has_exactly_the_members_of_a_token() -> None:
    """One audience is a plain string; nbf, allowed_ips and status stand only when set."""
    value = Claims(
        iss=ISSUER,
        sub="ann",
        aud=(AUDIENCE,),
        exp=NOW + YEAR,
        iat=NOW,
        jti="j",
        client_id="c",
        scope=("b", "a"),
    )

    assert value.to_json() == {
        "iss": ISSUER,
        "sub": "ann",
        "aud": AUDIENCE,
        "exp": NOW + YEAR,
        "iat": NOW,
        "jti": "j",
        "client_id": "c",
        "scope": "b a",
    }


def test_what_is_set_stands_in_the_claims_object() -> None:
    """Several audiences are a list; the status has the form of the Token Status List."""
    value = Claims(
        iss=ISSUER,
        sub="ann",
        aud=("one", "two"),
        exp=NOW + YEAR,
        iat=NOW,
        jti="j",
        client_id="c",
        nbf=NOW + 5,
        status=StatusReference(idx=0, uri=LIST_URI),
        allowed_ips=("10.0.0.0/8",),
    )

    written = value.to_json()

    assert written["aud"] == ["one", "two"]
    assert written["nbf"] == NOW + 5
    assert written["status"] == {"status_list": {"idx": 0, "uri": LIST_URI}}
    assert written["allowed_ips"] == ["10.0.0.0/8"]
    assert "scope" not in written


def test_scope_keeps_the_order_of_the_wire() -> None:
    """An application may show the scopes as they were asked for."""
    assert Claims.from_json(claims(scope="z y x")).scope == ("z", "y", "x")


def test_a_single_audience_in_a_list_is_the_same_as_a_string() -> None:
    """RFC 7519 section 4.1.3 allows both."""
    assert Claims.from_json(claims(aud=[AUDIENCE])) == Claims.from_json(claims(aud=AUDIENCE))


def test_claims_without_a_field_are_ignored() -> None:
    """An issuer may add claims; they decide nothing here."""
    assert Claims.from_json(claims(roles=["admin"], x={"y": 1.5})) == Claims.from_json(claims())


@pytest.mark.parametrize("claim", sorted(WRONG))
@given(data=st.data())
def test_a_claim_of_another_type_is_refused(claim: str, data: st.DataObject) -> None:
    """R37: no bool is a number, no number a string, no null an absence."""
    value = data.draw(WRONG[claim])
    assume(claim != "allowed_ips" or value != [])

    with pytest.raises(InvalidClaims):
        Claims.from_json(claims() | {claim: value})


@pytest.mark.parametrize("claim", ["iss", "sub", "aud", "exp", "iat", "jti", "client_id"])
def test_each_claim_of_rfc_9068_is_required(claim: str) -> None:
    """Section 2.2: all seven."""
    with pytest.raises(InvalidClaims):
        Claims.from_json(without(claims(), claim))


@pytest.mark.parametrize("claim", ["exp", "iat", "nbf"])
@pytest.mark.parametrize("time", [0, 2**53 - 1])
def test_a_time_in_the_range_that_every_json_reader_shares_is_read(claim: str, time: int) -> None:
    """[0, 2^53): beyond it JavaScript rounds."""
    assert getattr(Claims.from_json(claims() | {claim: time}), claim) == time


@pytest.mark.parametrize("claim", ["exp", "iat", "nbf"])
@pytest.mark.parametrize("time", [-1, 2**53, 2**64])
def test_a_time_outside_that_range_is_refused(claim: str, time: int) -> None:
    """The first number on either side is too much."""
    with pytest.raises(InvalidClaims):
        Claims.from_json(claims() | {claim: time})


@given(st.characters(categories=["Cc"]) | st.characters(categories=["Cs"]), NAMES)
def test_no_name_holds_a_control_character(character: str, name: str) -> None:
    """A name ends in logs, terminals and databases."""
    with pytest.raises(InvalidClaims):
        Claims.from_json(claims(sub=(name[:100] + character + name[100:200])))
