"""Report: a client tells which tokens it has accepted and refused, because it verifies them offline (threats 32)."""

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Final

from safeconduct.scope import UnknownScope

from service.application.current import Current
from service.application.sightings import Sightings
from service.clock import Clock
from service.domain.client import Client
from service.domain.errors import Busy
from service.domain.usage import Report

LEEWAY: Final = 30
"""Seconds by which a client's clock may run ahead."""


class ReportUse:
    def __init__(self, current: Current, sightings: Sightings, *, oldest: int, clock: Clock) -> None:
        self._current = current
        self._sightings = sightings
        self._oldest = oldest
        self._clock = clock
        self.ignored = Counter(in_the_future=0, too_old=0, foreign_audience=0)

    def __call__(self, client: Client, reports: Sequence[Report]) -> dict[int, str]:
        """Keep them to be written; of those that are ignored, by their place, why: in_the_future, too_old (more than
        `oldest` seconds), foreign_audience. Whether a token is known is never told.

        Raises:
            Busy: too many wait already; none of these is kept.
        """
        now = self._clock()
        ignored = {n: why for n, report in enumerate(reports) if (why := self._fault(client, report, now))}
        kept = [
            replace(report, scopes=self._known(report.scopes))
            for n, report in enumerate(reports)
            if n not in ignored
        ]
        if not self._sightings.report(kept):
            raise Busy("too many reports wait to be written", retry_after=5)
        self.ignored.update(ignored.values())
        return ignored

    def _known(self, names: Sequence[str]) -> tuple[str, ...]:
        """By their canonical names, each once; what the catalogue does not have is nobody's scope."""
        catalogue, known = self._current.catalogue.scopes, {}
        for name in names:
            with suppress(UnknownScope):
                known[catalogue.canonical(name)] = True
        return tuple(known)

    def _fault(self, client: Client, report: Report, now: int) -> str | None:
        if report.at > now + LEEWAY:
            return "in_the_future"
        if report.at < now - self._oldest:
            return "too_old"
        return None if report.audience in client.audiences else "foreign_audience"
