"""What tells people and systems by itself, at every process; no request waits for any of it."""

import asyncio
from functools import partial
from typing import Final

from service.application.beats import Beats
from service.application.mailed_links import ForgottenPassword
from service.application.plan_deliveries import PlanDeliveries
from service.application.ports import Storage
from service.application.remind import Remind
from service.application.send_notices import SendNotices

LOOK_EVERY: Final = 2.0
REMIND_EVERY: Final = 60.0
FORGET_EVERY: Final = 3_600.0
KEPT: Final = 30 * 86_400
"""Seconds for which it is known what was told."""
CHUNK: Final = 1_000


class Post:
    """A beat for each channel: a mail server that hangs keeps no webhook waiting."""

    def __init__(
        self,
        storage: Storage,
        plan: PlanDeliveries,
        remind: Remind,
        forgotten: ForgottenPassword | None,
        *channels: SendNotices,
    ) -> None:
        self._storage = storage
        self.plan = plan
        self.remind = remind
        self.forgotten = forgotten
        self.channels = channels
        self._beat = Beats("notices")

    async def run(self) -> None:
        """Until cancelled."""
        rest = partial(asyncio.sleep, LOOK_EVERY)
        async with asyncio.TaskGroup() as beats:
            beats.create_task(self._beat("remind", self.remind, partial(asyncio.sleep, REMIND_EVERY)))
            beats.create_task(self._beat("plan", self.plan, rest))
            if self.forgotten is not None:
                beats.create_task(self._beat("forgotten", self.forgotten, rest))
            for send in self.channels:
                beats.create_task(self._beat(f"send {send.channel}", send, rest))
            beats.create_task(self._beat("forget", self.forget, partial(asyncio.sleep, FORGET_EVERY)))

    async def once(self) -> None:
        """Everything that is due, one after the other."""
        await self.remind()
        if self.forgotten is not None:
            await self.forgotten()
        await self.plan()
        for send in self.channels:
            await send()

    async def forget(self) -> None:
        """Drop what was told long ago."""
        dropped = CHUNK
        while dropped == CHUNK:
            async with self._storage.transaction() as tx:
                dropped = await tx.notices.forget(before=await tx.now() - KEPT, limit=CHUNK)
