"""One line a request: which route, how it ended, how long it took, who and from where. Nothing a caller wrote.

Written here and not by the general logger, because a line costs it more than a whole introspection.
"""

import asyncio
import sys
from datetime import UTC, datetime
from typing import Final, TextIO

from service.clock import Clock

_FLUSH_AFTER: Final = 0.25  # seconds
_FLUSH_AT: Final = 256  # lines


class AccessLog:
    """Lines are gathered for a quarter of a second and written together; `flush` writes what is left."""

    def __init__(self, clock: Clock, *, as_json: bool, stream: TextIO | None = None) -> None:
        self._clock = clock
        self._stream = stream
        self._line = _JSON if as_json else _READABLE
        self._lines: list[str] = []
        self._due: asyncio.TimerHandle | None = None
        self._second = -1
        self._at = ""

    def answered(
        self, *, request_id: str, method: str, route: str, status: int, seconds: float, who: str, address: str
    ) -> None:
        """Note one answer. Every argument is of ours, or was checked: nothing needs escaping."""
        now = self._clock()
        if now != self._second:
            self._second, self._at = now, datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        self._lines.append(
            self._line % (self._at, method, route, status, seconds * 1000, who, address, request_id)
        )
        if len(self._lines) >= _FLUSH_AT:
            self.flush()
        elif self._due is None:
            self._due = asyncio.get_running_loop().call_later(_FLUSH_AFTER, self.flush)

    def flush(self) -> None:
        """Write what was gathered."""
        if self._due is not None:
            self._due.cancel()
            self._due = None
        lines, self._lines = self._lines, []
        if lines:
            stream = self._stream or sys.stderr
            stream.write("".join(lines))
            stream.flush()


_JSON = (
    '{"at":"%s","level":"info","event":"answered","method":"%s","route":"%s","status":%d,"ms":%.2f,'
    '"who":"%s","address":"%s","request":"%s"}\n'
)
_READABLE = "%s answered  %s %s %d  %.1f ms  %s  %s  %s\n"
