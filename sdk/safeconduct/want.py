"""How the core, which does no I/O, says what it lacks."""

from typing import NamedTuple

from safeconduct.transport import Request


class Want(NamedTuple):
    """A document to fetch. `key` tells one document from another; whoever gets a want performs it or joins."""

    key: str
    request: Request


class Needed(Exception):
    """The verdict has to wait for a document. Never leaves this package.

    `since` is the monotonic time at which the request that waits came.
    """

    since: float

    def __init__(self, want: Want) -> None:
        super().__init__(want.key)
        self.want = want
