"""Lists of words (scopes, audiences, addresses) in one TEXT column, separated by a space."""

from collections.abc import Iterable


def join(words: Iterable[str]) -> str:
    """Raises ValueError for a word that could not be told apart again."""
    listed = list(words)
    text = " ".join(listed)
    if text.split() != listed:
        raise ValueError(f"not a list of words without white space: {listed!r}")
    return text


def split(text: str) -> tuple[str, ...]:
    return tuple(text.split())
