"""Many keys for one statement: up to 32 in a parameter for each, or up to 1,000 ids in one."""

from collections.abc import Iterator, Mapping, Sequence

WIDTH = 32
MANY = 1_000
_ID = 32  # characters
_NAMES = tuple(f"k{number:02}" for number in range(1, WIDTH + 1))


def padded(keys: Sequence[str]) -> Mapping[str, str]:
    """The parameters k01 to k32; what is left over is empty, which is nobody's key."""
    if len(keys) > WIDTH:
        raise ValueError(f"{len(keys)} keys: at most {WIDTH} fit into one statement")
    return dict(zip(_NAMES, (*keys, *("",) * (WIDTH - len(keys))), strict=True))


def in_widths(keys: Sequence[str]) -> Iterator[Mapping[str, str]]:
    """The parameters of as many statements as `keys` need."""
    for start in range(0, len(keys), WIDTH):
        yield padded(keys[start : start + WIDTH])


def in_texts(ids: Sequence[str]) -> Iterator[str]:
    """The parameter `ids` of as many statements as there must be."""
    if any(len(id_) != _ID for id_ in ids):
        raise ValueError(f"an id has {_ID} characters")
    for start in range(0, len(ids), MANY):
        yield " ".join(ids[start : start + MANY])
