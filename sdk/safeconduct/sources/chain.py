"""Several sources, the quickest first: the first that can tell is believed."""

from collections.abc import Iterator

from safeconduct.claims import Claims
from safeconduct.effective_time import Moment
from safeconduct.errors import Unavailable
from safeconduct.issuer import Issuer
from safeconduct.source import Question, Source
from safeconduct.sources.held_list import HeldList
from safeconduct.transport import Response
from safeconduct.want import Want


class Chain:
    """Asks each source in turn until one does not raise Unavailable."""

    def __init__(self, *sources: Source) -> None:
        self._sources = sources

    def attach(self, issuer: Issuer) -> None:
        for source in self._sources:
            source.attach(issuer)

    def status(self, question: Question, moment: Moment) -> int:
        """Raises Needed, Unavailable and what its sources refuse a token by."""
        for source in self._sources:
            try:
                return source.status(question, moment)
            except Unavailable:
                continue
        raise Unavailable("no source can tell whether the token still stands")

    def deciding(self, claims: Claims) -> HeldList | None:
        return self._sources[0].deciding(claims)

    def due(self, moment: Moment) -> Iterator[Want]:
        for source in self._sources:
            yield from source.due(moment)

    def take(self, want: Want, response: Response, moment: Moment) -> bool:
        """Raises what the source does whose want it is."""
        return any(source.take(want, response, moment) for source in self._sources)

    def failed(self, want: Want, moment: Moment) -> None:
        for source in self._sources:
            source.failed(want, moment)

    def signed(self) -> dict[str, bytes]:
        return {uri: token for source in reversed(self._sources) for uri, token in source.signed().items()}

    def restore(self, uri: str, token: bytes) -> None:
        for source in self._sources:
            source.restore(uri, token)

    def close(self) -> None:
        for source in self._sources:
            source.close()

    def bound(self) -> str:
        return "; where that is silent, ".join(source.bound() for source in self._sources)
