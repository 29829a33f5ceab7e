"""What is found out by looking: ends that come near, and uses from networks that are new."""

from collections import defaultdict
from typing import Final

from service.application import notices
from service.application.ports import Storage
from service.domain.notice import About, Kind

CHUNK: Final = 250
NETWORKS_KEPT: Final = 64
"""Networks that are remembered of each token."""
MOST_A_DAY: Final = 5
"""Notices of new networks about one token in a day: who travels is not drowned."""
_DAY: Final = 86_400


class Remind:
    """Everything it tells it tells once, whichever process finds it out."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def __call__(self) -> None:
        """Tell what is due. After a time in which nothing ran that is what is due now, not what would have been."""
        while await self._tell_ends() == CHUNK:
            pass
        while await self._tell_networks() == CHUNK:
            pass

    async def _tell_ends(self) -> int:
        async with self._storage.reading() as read:
            if not await read.reminders.ending(now=await read.now(), limit=1):
                return 0
        async with self._storage.transaction() as tx:
            found = await tx.reminders.ending(now=await tx.now(), limit=CHUNK)
            for token_id, owner_id, expires_at, days in sorted(found):
                if await tx.reminders.remind(token_id, expires_at=expires_at, days=days):
                    detail = {"expires_at": expires_at, "days": days}
                    about = About(user_id=owner_id, token_id=token_id, detail=detail, expires_at=expires_at)
                    await notices.add(tx, Kind.TOKEN_EXPIRING, about)
        return len(found)

    async def _tell_networks(self) -> int:
        async with self._storage.reading() as read:
            if not await read.reminders.new_networks(1):
                return 0
        async with self._storage.transaction() as tx:
            now, found = await tx.now(), await tx.reminders.new_networks(CHUNK)
            new: dict[tuple[str, str], list[tuple[str, int]]] = defaultdict(list)
            for token_id, owner_id, network, first_at in sorted(found):
                if await tx.reminders.tell_network(token_id, network):
                    new[token_id, owner_id].append((network, first_at))
            for (token_id, owner_id), seen in new.items():
                told = await tx.notices.count(token_id, Kind.TOKEN_NEW_NETWORK, since=now - _DAY)
                if told < MOST_A_DAY:
                    detail = {
                        "networks": [network for network, _ in seen],
                        "first_at": min(first_at for _, first_at in seen),
                    }
                    about = About(user_id=owner_id, token_id=token_id, detail=detail)
                    await notices.add(tx, Kind.TOKEN_NEW_NETWORK, about)
            await tx.reminders.keep_networks([token_id for token_id, _ in new], NETWORKS_KEPT)
        return len(found)
