"""What this process has done, for Prometheus: plain counters that cost a request next to nothing."""

from bisect import bisect_left
from collections.abc import Iterator
from itertools import accumulate
from typing import Final

from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

from keys import KeyState, Purpose
from service.clock import Clock
from service.web.services import Services

BOUNDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
"""Upper bounds of the latency buckets, in seconds."""
_LABELS = ("route", "method")


class RouteCounts:
    """What was answered on one route by one method."""

    __slots__ = ("buckets", "statuses", "total")

    def __init__(self) -> None:
        self.statuses: dict[int, int] = {}
        self.buckets = [0] * (len(BOUNDS) + 1)
        self.total = 0.0

    def answered(self, status: int, seconds: float) -> None:
        """Count one answer."""
        self.statuses[status] = self.statuses.get(status, 0) + 1
        self.buckets[bisect_left(BOUNDS, seconds)] += 1
        self.total += seconds


class Metrics(Collector):
    """One per application. Labels are route templates, methods and statuses: never anything a caller chose."""

    def __init__(self, services: Services, clock: Clock) -> None:
        self._services = services
        self._clock = clock
        self._routes: dict[tuple[str, str], RouteCounts] = {}
        self._introspections = {True: 0, False: 0}
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)

    def of(self, route: str, method: str) -> RouteCounts:
        """The counts of one route and method."""
        return self._routes.setdefault((route, method), RouteCounts())

    def introspected(self, *, active: bool) -> None:
        """Count one introspection that was answered."""
        self._introspections[active] += 1

    def text(self) -> bytes:
        """The exposition format, version 0.0.4."""
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        yield self._answers()
        yield from self._history()
        yield self._durations()
        yield self._introspected()
        yield GaugeMetricFamily(
            "safeconduct_forgeries",
            "Tokens with a good signature that were never issued, or not like this",
            value=self._services.recognise.forgeries + self._services.clients.recognise_short.forgeries,
        )
        yield CounterMetricFamily(
            "safeconduct_scans",
            "Times that a client looked as if it tried tokens out",
            value=self._services.client_limits.scans,
        )
        usage = self._services.usage
        yield CounterMetricFamily(
            "safeconduct_uses_dropped",
            "Uses of tokens that were seen and found no room to be remembered",
            value=usage.sightings.dropped,
        )
        reports = CounterMetricFamily(
            "safeconduct_usage_reports", "Reported uses by what became of them", labels=("outcome",)
        )
        for outcome, count in {**usage.report.ignored, **usage.record.reports}.items():
            reports.add_metric((outcome,), count)
        yield reports
        yield self._key_ages()
        yield GaugeMetricFamily(
            "safeconduct_revision",
            "The last revision of the revocations that this process has seen",
            value=self._services.current.heads.get("revision", 0),
        )
        yield GaugeMetricFamily(
            "safeconduct_clock_skew_seconds",
            "By how much this machine was ahead of the database when readiness was asked last",
            value=self._services.readiness.skew,
        )
        yield from self._pushed()

    def _pushed(self) -> Iterator[Metric]:
        push = self._services.publication
        yield GaugeMetricFamily(
            "safeconduct_revocation_streams", "Readers of the event stream", value=len(push.streams)
        )
        if push.redis is None:
            return
        state = push.redis.state
        up = float(state.failing is None)
        yield GaugeMetricFamily("safeconduct_redis_up", "Whether Redis says what the database says", value=up)
        yield GaugeMetricFamily(
            "safeconduct_redis_version", "The last revision that Redis had", value=state.version
        )
        yield GaugeMetricFamily(
            "safeconduct_redis_as_of_seconds",
            "The time of the last reading of the database that Redis was told of",
            value=state.as_of,
        )
        yield CounterMetricFamily(
            "safeconduct_redis_repairs",
            "Lists in Redis that did not say what the database says, and were written anew",
            value=state.repairs,
        )

    def _history(self) -> Iterator[Metric]:
        current, lists = self._services.current, self._services.status_lists
        yield GaugeMetricFamily(
            "safeconduct_database_behind",
            "1 while the database is older than what was published",
            value=int(bool(current.behind)),
        )
        yield CounterMetricFamily(
            "safeconduct_revocation_regressions",
            "Lists that would have called a revoked token valid again",
            value=lists.regressions,
        )

    def _answers(self) -> Metric:
        family = CounterMetricFamily("safeconduct_requests", "Answered requests", labels=(*_LABELS, "status"))
        for labels, counts in self._routes.items():
            for status, count in counts.statuses.items():
                family.add_metric((*labels, str(status)), count)
        return family

    def _durations(self) -> Metric:
        family = HistogramMetricFamily("safeconduct_request_seconds", "From head to answer", labels=_LABELS)
        for labels, counts in self._routes.items():
            below = accumulate(counts.buckets)
            buckets = [(str(bound), count) for bound, count in zip((*BOUNDS, "+Inf"), below, strict=True)]
            family.add_metric(labels, buckets, counts.total)
        return family

    def _introspected(self) -> Metric:
        family = CounterMetricFamily(
            "safeconduct_introspections", "Introspections by outcome", labels=("active",)
        )
        for active, count in self._introspections.items():
            family.add_metric((str(active).lower(),), count)
        return family

    def _key_ages(self) -> Metric:
        family = GaugeMetricFamily(
            "safeconduct_key_age_seconds", "How long the signing key has signed", labels=("purpose",)
        )
        now = self._clock()
        for key in self._services.current.ring.keys:
            if key.state is KeyState.ACTIVE and key.activated_at is not None:
                family.add_metric((Purpose(key.purpose).value,), now - key.activated_at)
        return family
