"""How often an address may call what nobody needs to be known for."""

from collections import OrderedDict

from service.clock import Clock
from service.domain.errors import Busy, Quota
from service.domain.network import network_of

REMEMBERED = 16_384
"""Networks whose calls are counted; beyond them the oldest are forgotten."""
_MINUTE = 60


class AddressRates:
    """At most `per_minute` calls of one kind from one network within a minute, counted in this process alone."""

    def __init__(self, *, per_minute: int, clock: Clock) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._calls: OrderedDict[tuple[str, str], tuple[int, int]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._calls)

    def demand(self, kind: str, address: str | None) -> None:
        """Count one call.

        Raises:
            Busy: it is one too many; it does not count.
        """
        key, now = (kind, network_of(address)), self._clock()
        began, calls = self._calls.get(key, (now, 0))
        if not 0 <= now - began < _MINUTE:
            began, calls = now, 0
        if calls >= self._per_minute:
            quota = Quota(kind, self._per_minute, _MINUTE)
            raise Busy("too many of these from your address", retry_after=began + _MINUTE - now, quota=quota)
        self._calls[key] = (began, calls + 1)
        if len(self._calls) > REMEMBERED:
            self._calls.popitem(last=False)

    def excuse(self, kind: str, address: str | None) -> None:
        """Take one call back: it proved to be no guess."""
        key = (kind, network_of(address))
        began, calls = self._calls.get(key, (0, 0))
        if calls:
            self._calls[key] = (began, calls - 1)
