"""Where a verifier learns whether a token was revoked: the port that every source fills."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple, Protocol

from safeconduct.claims import Claims
from safeconduct.effective_time import Moment
from safeconduct.issuer import Issuer
from safeconduct.sources.held_list import HeldList
from safeconduct.transport import Response
from safeconduct.want import Want


class Question(NamedTuple):
    """Does this token, whose signature and times are in order, still stand? Asked anew for every request.

    `since` is the monotonic time at which the request came; `max_staleness` is seconds.
    """

    token: str
    claims: Claims
    since: float
    max_staleness: int
    client_address: str | None = None


class Source(Protocol):
    """A place where revocations are written. One verifier has one source, which may be a chain of them."""

    def attach(self, issuer: Issuer) -> None:
        """Serve the verifier of `issuer`, with its keys, profile and clock; called once, first."""

    def status(self, question: Question, moment: Moment) -> int:
        """The token's status, no older than the question allows.

        Raises:
            Needed: something has to be fetched first.
            Unavailable: it cannot be told; never answered by a guess.
            UnknownStatus, TokenInactive: the source itself refuses the token.
        """

    def deciding(self, claims: Claims) -> HeldList | None:
        """The list that alone decides about the token, if that is all there is to it: a short cut."""

    def due(self, moment: Moment) -> Iterator[Want]:
        """What is in use and to be fetched ahead of need."""

    def take(self, want: Want, response: Response, moment: Moment) -> bool:
        """Take what was fetched; False where the want was not this source's.

        Raises:
            Needed: it cannot be judged without something else.
            SafeconductError, ValueError: it is worth nothing.
        """

    def failed(self, want: Want, moment: Moment) -> None:
        """What was wanted could not be had."""

    def signed(self) -> Mapping[str, bytes]:
        """The list tokens that are held, by their addresses, for a snapshot."""

    def restore(self, uri: str, token: bytes) -> None:
        """A list token that an earlier process held; it is checked when it is first asked for."""

    def close(self) -> None:
        """End what runs beside the calls."""

    def bound(self) -> str:
        """In words: how soon it makes a verifier refuse a revoked token, and what it does when cut off."""
