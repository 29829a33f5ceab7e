"""Up to 32 keys for one statement, which has a parameter for each."""

from collections.abc import Iterator, Mapping, Sequence

WIDTH = 32
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
