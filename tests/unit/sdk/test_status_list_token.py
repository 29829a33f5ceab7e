"""Status list tokens: which are believed, and that what is written is read."""

import subprocess
import sys
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safeconduct.base64url import encode
from safeconduct.errors import InvalidStatusList, UnknownStatus
from safeconduct.lst import decode_lst, encode_lst
from safeconduct.status_list import INVALID, SUSPENDED, StatusList
from safeconduct.status_list_token import SignedStatusList, check_status_list_token

from tests.vectors.forge import ISSUER, KEYS, LIST_URI, NOW, POLICY
from tests.vectors.status_list_attacks import ROWS, ListAttack, list_claims, signed

REFUSED = [attack for attack in ROWS if attack.error is not None]
TAKEN = [attack for attack in ROWS if attack.error is None]

BOMB = """
import resource, zlib
from safeconduct.base64url import encode
from safeconduct.errors import InvalidStatusList
from safeconduct.lst import decode_lst

stream, step = zlib.compressobj(9), bytes(1024 * 1024)
lst = encode(b"".join([*(stream.compress(step) for _ in range(1024)), stream.flush()]))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    decode_lst(lst, max_bytes=16 * 1024 * 1024)
except InvalidStatusList:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def read(token: str, now: int = NOW) -> SignedStatusList:
    return check_status_list_token(token, LIST_URI, KEYS, POLICY, now)


@pytest.mark.parametrize("attack", [pytest.param(attack, id=attack.id) for attack in REFUSED])
def test_a_list_that_breaks_a_rule_says_nothing(attack: ListAttack) -> None:
    """No statement about any token may rest on it, and it is not the bearer's fault."""
    with pytest.raises(InvalidStatusList) as refusal:
        read(attack.token)

    assert type(refusal.value) is attack.error


@pytest.mark.parametrize("attack", [pytest.param(attack, id=attack.id) for attack in TAKEN])
def test_a_legal_neighbour_of_a_broken_list_is_taken(attack: ListAttack) -> None:
    """A reader that refuses everything would be of no use."""
    assert read(attack.token).uri == LIST_URI


def test_a_good_list_says_all_that_a_verifier_needs() -> None:
    """Statuses, times, and which state of the database and of the key set it shows."""
    seen = read(signed())

    assert (seen.iss, seen.uri, seen.iat, seen.exp, seen.ttl) == (ISSUER, LIST_URI, NOW, NOW + 900, 60)
    assert (seen.epoch, seen.version, seen.keyset_version) == (1, 12, 7)
    assert seen.statuses == StatusList.fresh()


def test_what_the_issuer_writes_is_what_the_verifier_reads() -> None:
    """One class for both sides; level 6 is as good as 9."""
    statuses = StatusList.fresh().changed([(4711, INVALID), (100_000, SUSPENDED)])
    written = SignedStatusList(
        uri=LIST_URI,
        iss=ISSUER,
        iat=NOW,
        exp=NOW + 900,
        ttl=60,
        statuses=statuses,
        epoch=2,
        version=9,
        keyset_version=3,
    )

    assert read(signed(written.to_json())) == written
    assert read(signed(written.to_json(level=6))) == written


def test_what_another_issuer_leaves_out_is_none() -> None:
    """iss, ttl and our private claims are not required by the specification."""
    bare = SignedStatusList(
        uri=LIST_URI, iss=None, iat=NOW, exp=NOW + 900, ttl=None, statuses=StatusList(b"\1", 8)
    )

    assert sorted(bare.to_json()) == ["exp", "iat", "status_list", "sub"]
    assert read(signed(bare.to_json())) == bare


def test_a_list_ends_at_its_exp_without_leeway() -> None:
    """The bound on a revoked token's life rests on this."""
    assert read(signed(), NOW + 899)
    with pytest.raises(InvalidStatusList):
        read(signed(), NOW + 900)


def test_a_token_beyond_the_end_of_the_list_is_refused() -> None:
    """Attack 64: an index that the list does not have is no statement."""
    assert read(signed()).statuses.read(4711) == 0
    with pytest.raises(UnknownStatus):
        read(signed()).statuses.read(2**17)


def test_the_bound_of_the_inflated_list_is_the_policys() -> None:
    """32,768 bytes are enough for a list of ours."""
    exact, less = replace(POLICY, list_bytes=32_768), replace(POLICY, list_bytes=32_767)

    assert check_status_list_token(signed(), LIST_URI, KEYS, exact, NOW)
    with pytest.raises(InvalidStatusList):
        check_status_list_token(signed(), LIST_URI, KEYS, less, NOW)


def test_a_bomb_of_one_gibibyte_is_refused_in_little_memory() -> None:
    """R42: at most 32 MiB more than before, measured in a process of its own."""
    grown = subprocess.run(
        [sys.executable, "-c", BOMB], capture_output=True, text=True, check=True, timeout=60
    )

    assert 0 <= int(grown.stdout) <= 32 * 1024  # KiB


@given(st.binary(min_size=1, max_size=4096), st.integers(1, 9))
def test_lst_round_trips(packed: bytes, level: int) -> None:
    """Any statuses at any level of compression."""
    assert decode_lst(encode_lst(packed, level=level), max_bytes=len(packed)) == packed


@given(st.binary(min_size=2, max_size=4096))
def test_lst_is_bounded_to_the_byte(packed: bytes) -> None:
    """One byte more than allowed is too much."""
    with pytest.raises(InvalidStatusList):
        decode_lst(encode_lst(packed), max_bytes=len(packed) - 1)


@settings(max_examples=500)
@given(st.text(max_size=100) | st.binary(max_size=100).map(encode))
def test_arbitrary_lst_is_refused_with_one_of_our_errors(lst: str) -> None:
    """Whatever stands there, a verifier does not crash."""
    try:
        decode_lst(lst, max_bytes=1024)
    except InvalidStatusList:
        return
    assert len(decode_lst(lst, max_bytes=1024)) <= 1024


@settings(max_examples=500)
@given(
    st.dictionaries(
        st.sampled_from(sorted(list_claims())), st.none() | st.integers() | st.floats() | st.text()
    )
)
def test_arbitrary_claims_of_a_list_are_refused_with_one_of_our_errors(body: dict[str, object]) -> None:
    """Even under the status key's own signature."""
    with suppress(InvalidStatusList):
        assert read(signed(list_claims() | body)).uri == LIST_URI
