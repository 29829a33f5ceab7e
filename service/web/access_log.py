"""One line a request: which route, how it ended, how long it took, who and from where. Nothing a caller wrote.

Written here and not by the general logger, because a line costs it more than a whole introspection.
"""

import asyncio
import sys
from datetime import UTC, datetime
from typing import Final, TextIO

from service.clock import Clock

_FLUSH_AFTER: Final = 0.25  # seconds


Answered = tuple[str, str, str, int, float, str, str]
"""Request id, method, route, status, seconds, who, address."""


class AccessLog:
    """Answers are gathered for a quarter of a second and written together; `flush` writes what is left."""

    def __init__(self, clock: Clock, *, as_json: bool, stream: TextIO | None = None) -> None:
        self._clock = clock
        self._stream = stream
        self._line = _json_line if as_json else _readable_line
        self._gathered: list[Answered] = []
        self._due: asyncio.TimerHandle | None = None

    def answered(self, *answer: *Answered) -> None:
        """Note one answer. Every part is of ours, or was checked: nothing needs escaping."""
        self._gathered.append(answer)
        if self._due is None:
            self._due = asyncio.get_running_loop().call_later(_FLUSH_AFTER, self.flush)

    def flush(self) -> None:
        """Write what was gathered."""
        if self._due is not None:
            self._due.cancel()
            self._due = None
        gathered, self._gathered = self._gathered, []
        if gathered:
            at = datetime.fromtimestamp(self._clock(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            stream = self._stream or sys.stderr
            stream.write("".join(self._line(at, answer) for answer in gathered))
            stream.flush()


def _json_line(at: str, answer: Answered) -> str:
    request_id, method, route, status, seconds, who, address = answer
    return (
        f'{{"at":"{at}","level":"info","event":"answered","method":"{method}","route":"{route}","status":{status},'
        f'"ms":{seconds * 1000:.2f},"who":"{who}","address":"{address}","request":"{request_id}"}}\n'
    )


def _readable_line(at: str, answer: Answered) -> str:
    request_id, method, route, status, seconds, who, address = answer
    return f"{at[11:19]} answered  {method} {route} {status}  {seconds * 1000:.1f} ms  {who} {address}  {request_id}\n"
