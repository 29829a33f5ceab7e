"""When a client that asks about tokens looks like one that tries them out. One client, one process, constant time."""

from dataclasses import dataclass

_MINUTE = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanRules:
    """More than `inactive` inactive answers within a minute, which are more than `percent` of all: a scan.

    It is refused for `refusal` seconds. Apart from that a client gets `inactive_per_second` of them.
    """

    inactive_per_second: int = 200
    inactive: int = 50
    percent: int = 90
    refusal: int = 60


@dataclass(slots=True)
class Answers:
    """What one client was told lately. An inactive answer begins a minute; active ones only add to it."""

    active: int = 0
    _inactive: int = 0
    _minute: int = 0
    _in_second: int = 0
    _second: int = 0
    refused_at: int | None = None

    def refused_for(self, rules: ScanRules, now: int) -> int:
        """Seconds for which this client is refused; 0 for not at all."""
        if self.refused_at is not None and 0 <= now - self.refused_at < rules.refusal:
            return self.refused_at + rules.refusal - now
        self.refused_at = None
        return 0

    def inactive(self, now: int) -> None:
        """Count one inactive answer."""
        if not 0 <= now - self._minute < _MINUTE:
            self._minute, self.active, self._inactive = now, 0, 0
        if now != self._second:
            self._second, self._in_second = now, 0
        self._inactive += 1
        self._in_second += 1

    def are_too_fast(self, rules: ScanRules) -> bool:
        """Whether the last inactive answer was one too many for its second."""
        return self._in_second > rules.inactive_per_second

    def begin_refusal(self, rules: ScanRules, now: int) -> bool:
        """Refuse from now on if it is a scan, and tell. The next one is judged by what follows the refusal."""
        told = self.active + self._inactive
        scans = self._inactive > rules.inactive and self._inactive * 100 > told * rules.percent
        if scans:
            self.refused_at, self._minute, self.active, self._inactive = now, now, 0, 0
        return scans
