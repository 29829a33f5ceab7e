"""On PYTHONPATH it makes a build that is wrong on purpose: a verdict is believed for a second after it was read.

So the lab shows that it would notice.
"""

import time
from collections.abc import Awaitable, Callable
from typing import Any

from service.application.batch import Batch

_read: Callable[[Any, str], Awaitable[Any]] = Batch.get


async def _believed(self: Any, key: str) -> Any:
    known = self.__dict__.setdefault("_known", {})
    at, truth = known.get(key, (0.0, None))
    if time.monotonic() - at > 1:
        truth = await _read(self, key)
        known[key] = (time.monotonic(), truth)
    return truth


Batch.get = _believed
