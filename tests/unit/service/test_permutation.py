"""Indexes of status lists: random to the outside, never twice."""

from safeconduct.status_list import LIST_SIZE

from service.domain.permutation import CAPACITY, IndexPermutation


def test_every_counter_gets_an_index_of_its_own_between_the_guards() -> None:
    """A bijection onto all indexes but the four at each end, which no token may have."""
    permutation = IndexPermutation("list", b"k" * 32)

    indexes = {permutation.index_of(counter) for counter in range(CAPACITY)}

    assert indexes == set(range(4, LIST_SIZE - 4))


def test_lists_and_keys_have_orders_of_their_own() -> None:
    """Whoever learns one list's order knows nothing of another's."""
    orders = {
        tuple(IndexPermutation(list_id, key).index_of(counter) for counter in range(8))
        for list_id in ("a", "b")
        for key in (b"1" * 32, b"2" * 32)
    }

    assert len(orders) == 4


def test_neighbours_in_time_are_no_neighbours_in_the_list() -> None:
    """The list must not show who came after whom: successive counters are far apart on average."""
    permutation = IndexPermutation("list", b"k" * 32)

    distances = [abs(permutation.index_of(n) - permutation.index_of(n + 1)) for n in range(2000)]

    assert LIST_SIZE / 4 < sum(distances) / len(distances) < LIST_SIZE / 2
