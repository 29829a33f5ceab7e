"""What the lists of millions of tokens cost."""


def lists() -> None: ...
