"""Notices and their way to people and systems, as the use cases need them of the storage."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from service.domain.contact import Contact
from service.domain.delivery import Channel, Delivery
from service.domain.message import Message
from service.domain.notice import Kind, Notice
from service.domain.webhook import Webhook


class Notices(Protocol):
    async def add(self, notices: Sequence[Notice]) -> None:
        """One that is there already stays as it is."""

    async def waiting(self, limit: int) -> list[Notice]:
        """Those whose deliveries are not planned yet, the oldest first."""

    async def join(self, notice_ids: Sequence[str], message_id: str) -> None: ...
    async def message(self, message_id: str) -> Message | None: ...
    async def count(self, token_id: str, kind: Kind, *, since: int) -> int: ...
    async def count_to(self, user_id: str, kind: Kind, *, since: int) -> int: ...
    async def forget(self, *, before: int, limit: int) -> int:
        """Drop what was finished before then, and answer how much that was."""


class Deliveries(Protocol):
    """Whoever claims one has it until the time that was said; then it may be claimed again."""

    async def hold(self) -> None:
        """Plan alone until this transaction ends."""

    async def plan(self, deliveries: Sequence[Delivery]) -> None:
        """One that is there already stays as it is."""

    async def mail_receivers(self, user_ids: Collection[str]) -> Mapping[str, Mapping[str, bool]]:
        """Of accounts the people who are written to about them, each with whether they want reminders."""

    async def administrators(self) -> list[str]:
        """Those who can be written to."""


class Claims(Protocol):
    """What becomes of deliveries. A change answers False, and changes nothing, if somebody else has it by now."""

    async def due(self, channel: Channel, *, now: int, limit: int) -> list[Delivery]: ...
    async def claim(self, delivery: Delivery, *, until: int) -> Delivery | None: ...
    async def postpone(self, delivery: Delivery, *, due_at: int, fault: str) -> bool: ...
    async def give_up(self, delivery: Delivery, *, now: int, fault: str) -> bool: ...
    async def finish(self, delivery: Delivery, *, now: int) -> bool: ...
    async def to(self, target: str, *, limit: int) -> list[Delivery]:
        """The latest to one receiver, the last one first."""


class Contacts(Protocol):
    async def of(self, user_id: str) -> Contact:
        """Of somebody who never said anything, the defaults."""

    async def put(self, contact: Contact) -> None: ...


class Webhooks(Protocol):
    async def all(self) -> list[Webhook]:
        """By name."""

    async def lock(self, webhook_id: str) -> Webhook | None: ...
    async def add(self, webhook: Webhook) -> bool:
        """False when the folded name is taken."""

    async def change(self, webhook: Webhook) -> None: ...
    async def remove(self, webhook_id: str) -> str | None:
        """Its name; nothing more is tried with it. None if it is gone already."""


class Reminders(Protocol):
    """What is found out by looking: ends that come near, networks that are new."""

    async def ending(self, *, now: int, limit: int) -> list[tuple[str, str, int, int]]:
        """Records of whose end their owners are to be told: id, owner, end, and how many days before it that is."""

    async def remind(self, token_id: str, *, expires_at: int, days: int) -> bool:
        """False if that was told, or something nearer to the end."""

    async def new_networks(self, limit: int) -> list[tuple[str, str, str, int]]:
        """Of which owners are not told: record, owner, network, since when."""

    async def tell_network(self, token_id: str, network: str) -> bool:
        """False if that was told."""

    async def keep_networks(self, token_ids: Collection[str], most: int) -> None:
        """Drop all but the latest of each."""
