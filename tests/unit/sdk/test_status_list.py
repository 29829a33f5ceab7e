"""StatusList: packed statuses behave like an array in which INVALID is for ever."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from safeconduct.errors import InvalidStatusList, TokenRevoked, TokenSuspended, UnknownStatus
from safeconduct.status_list import (
    GUARD,
    INVALID,
    LIST_BYTES,
    LIST_SIZE,
    SPECIFICATION,
    SUSPENDED,
    VALID,
    StatusList,
    judge_status,
)

BITS = st.sampled_from([1, 2, 4, 8])


@st.composite
def arrays(draw: st.DrawFn, bits: int | None = None) -> tuple[bytes, int]:
    """Statuses, one a byte, and the bits they need."""
    width = bits or draw(BITS)
    return bytes(draw(st.lists(st.integers(0, (1 << width) - 1), max_size=200))), width


@st.composite
def changes_of(draw: st.DrawFn, size: int) -> list[tuple[int, int]]:
    return draw(st.lists(st.tuples(st.integers(0, size - 1), st.integers(0, 3)), max_size=60))


@given(arrays())
def test_what_is_packed_reads_back(array: tuple[bytes, int]) -> None:
    """Entry by entry and as a whole, for each width."""
    statuses, bits = array
    packed = StatusList.pack(statuses, bits)

    assert bytes(packed.read(index) for index in range(len(statuses))) == statuses
    assert packed.unpack()[: len(statuses)] == statuses
    assert not any(packed.unpack()[len(statuses) :])


@given(arrays())
def test_packing_follows_the_formula_of_the_specification(array: tuple[bytes, int]) -> None:
    """Section 4.1: index i lies in byte i * bits // 8, counted from its least significant bit."""
    statuses, bits = array
    expected = bytearray(-(-len(statuses) * bits // 8))
    for index, status in enumerate(statuses):
        expected[index * bits // 8] |= status << index % (8 // bits) * bits

    assert StatusList.pack(statuses, bits).packed == bytes(expected)


@given(st.data())
def test_changes_are_applied_in_turn_and_invalid_is_final(data: st.DataObject) -> None:
    """Against a plain array, one change after the other."""
    statuses, bits = data.draw(arrays(2).filter(lambda array: array[0]))
    before = StatusList.pack(statuses, bits)
    changes = data.draw(changes_of(len(before)))
    expected = list(before.unpack())
    for index, status in changes:
        expected[index] = expected[index] if expected[index] == INVALID else status

    assert list(before.changed(changes).unpack()) == expected
    assert before.unpack()[: len(statuses)] == statuses


@given(st.data(), BITS)
def test_a_merge_takes_the_truth_but_never_lifts_an_invalid(data: st.DataObject, bits: int) -> None:
    """Entry by entry: INVALID wins, otherwise the database."""
    published, _ = data.draw(arrays(bits))
    truth = bytes(
        data.draw(st.lists(st.integers(0, (1 << bits) - 1), min_size=len(published), max_size=len(published)))
    )
    expected = [INVALID if old == INVALID else new for old, new in zip(published, truth, strict=True)]

    merged = StatusList.pack(published, bits).merged(StatusList.pack(truth, bits))

    assert list(merged.unpack()[: len(published)]) == expected


@given(arrays(2))
def test_a_merge_with_itself_changes_nothing(array: tuple[bytes, int]) -> None:
    """Publishing twice is publishing once."""
    packed = StatusList.pack(*array)

    assert packed.merged(packed) == packed


@pytest.mark.parametrize("index", [-1, 16, 2**53])
def test_an_index_outside_of_the_list_is_no_statement(index: int) -> None:
    """Section 8.3: reject, whatever lies there."""
    with pytest.raises(UnknownStatus):
        StatusList(bytes(4)).read(index)


@pytest.mark.parametrize("change", [(-1, 1), (16, 1), (0, 4), (0, -1)])
def test_a_change_that_the_list_cannot_hold_is_refused(change: tuple[int, int]) -> None:
    """Python's negative indexes would revoke somebody else's token."""
    with pytest.raises(InvalidStatusList):
        StatusList(bytes(4)).changed([change])


@pytest.mark.parametrize("bits", [0, 3, 16, -2, True, 2.0, "2", None])
def test_other_widths_are_refused(bits: object) -> None:
    """Section 4.2: 1, 2, 4 or 8, as a number."""
    with pytest.raises(InvalidStatusList):
        StatusList(b"\0", bits)
    with pytest.raises(InvalidStatusList):
        StatusList.pack(b"\0", bits)


def test_a_status_wider_than_its_list_is_refused() -> None:
    """It would spill into the neighbour."""
    with pytest.raises(InvalidStatusList):
        StatusList.pack(bytes([0, 4]), 2)


def test_lists_of_different_shape_do_not_merge() -> None:
    """A short list must not count as VALID at its end."""
    with pytest.raises(InvalidStatusList):
        StatusList(bytes(4)).merged(StatusList(bytes(5)))
    with pytest.raises(InvalidStatusList):
        StatusList(bytes(4), 2).merged(StatusList(bytes(4), 4))


def test_a_fresh_list_is_full_size_valid_and_guarded() -> None:
    """2^17 entries of two bits between two bytes 0x55, so that an absent list is never mistaken for it."""
    fresh = StatusList.fresh()

    assert len(fresh) == LIST_SIZE == 2**17
    assert len(fresh.packed) == LIST_BYTES == 32_768
    assert fresh.packed[0] == fresh.packed[-1] == GUARD == 0x55
    assert [fresh.read(index) for index in (0, 3, 4, LIST_SIZE - 5, LIST_SIZE - 4, LIST_SIZE - 1)] == [
        1,
        1,
        0,
        0,
        1,
        1,
    ]
    assert not any(fresh.packed[1:-1])


def test_the_guards_outlast_every_change() -> None:
    """They are INVALID, and INVALID is final."""
    everything = [(index, VALID) for index in range(LIST_SIZE)]

    assert StatusList.fresh().changed(everything) == StatusList.fresh()


@pytest.mark.parametrize(
    "packed",
    [
        pytest.param(b"", id="missing"),
        pytest.param(bytes(LIST_BYTES), id="flushed"),
        pytest.param(StatusList.fresh().packed[:-1], id="one byte short"),
        pytest.param(StatusList.fresh().packed[:20_000], id="cut"),
        pytest.param(StatusList.fresh().packed[:-1] + b"\0", id="half written"),
        pytest.param(b"\0" + StatusList.fresh().packed[1:], id="set by a stray bit"),
        pytest.param(StatusList.fresh().packed + b"\x55", id="one byte long"),
        *(pytest.param(StatusList.fresh().packed[: 1 << n], id=f"cut at 2^{n}") for n in range(15)),
    ],
)
def test_a_list_that_is_not_whole_is_never_read(packed: bytes) -> None:
    """A missing, flushed, evicted, short or half-written key says VALID to a naive reader."""
    with pytest.raises(InvalidStatusList):
        StatusList.whole(packed)


def test_a_whole_list_is_read_as_it_was_published() -> None:
    """The bytes in Redis are the bytes of the list."""
    published = StatusList.fresh().changed([(4711, INVALID), (4712, SUSPENDED)])

    assert StatusList.whole(published.packed) == published


def test_every_status_but_valid_refuses() -> None:
    """3 and beyond mean something to their issuer, and never yes to us."""
    judge_status(VALID)
    with pytest.raises(TokenRevoked):
        judge_status(INVALID)
    with pytest.raises(TokenSuspended):
        judge_status(SUSPENDED)
    with pytest.raises(UnknownStatus):
        judge_status(3)


def test_bulk_work_on_a_full_list_takes_no_loop_over_its_entries() -> None:
    """Merging, packing and unpacking 131,072 entries stay far below a tick of the event loop."""
    full = StatusList.fresh().changed([(index, index % 3) for index in range(0, LIST_SIZE, 50)])
    start = time.process_time()
    for _ in range(10):
        assert StatusList.pack(full.merged(StatusList.fresh()).unpack()).packed[0] == GUARD

    assert (time.process_time() - start) / 10 <= 0.01


def test_the_specification_has_one_reference() -> None:
    """To be replaced in one place when the RFC has its number."""
    assert "draft-ietf-oauth-status-list-21" in SPECIFICATION
