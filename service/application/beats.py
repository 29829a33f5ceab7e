"""Jobs that repeat for as long as the process runs."""

from collections.abc import Awaitable, Callable
from typing import NoReturn

import structlog
from safeconduct.errors import SafeconductError

from keys import KeyFailure

log = structlog.get_logger("beats")

Job = Callable[[], Awaitable[object]]


class Beats:
    """Runs each job on its own beat; a failure is logged once per kind and never ends the beat."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._failing: dict[str, str] = {}

    async def __call__(self, name: str, job: Job, rest: Job) -> NoReturn:
        """`job`, `rest`, and again, until cancelled."""
        while True:
            await self.once(name, job)
            await rest()

    async def once(self, name: str, job: Job) -> None:
        """`job`, whatever becomes of it."""
        try:
            await job()
        except (SafeconductError, KeyFailure, OSError) as error:
            self._note(name, str(error))
        except Exception:
            log.exception("failed", of=self._name, job=name)
        else:
            self._failing.pop(name, None)

    def _note(self, name: str, reason: str) -> None:
        if self._failing.get(name) != reason:
            self._failing[name] = reason
            log.warning("failing", of=self._name, job=name, reason=reason)
