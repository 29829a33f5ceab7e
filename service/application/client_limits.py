"""How often a client may hear that a token is inactive, so that a stolen list of tokens cannot be tried out."""

from collections import OrderedDict
from collections.abc import Callable

from service.application.ports import Storage
from service.clock import Clock
from service.domain.audit import AuditEntry
from service.domain.client import Client
from service.domain.errors import Busy, Quota
from service.domain.scan import Answers, ScanRules

REMEMBERED = 16_384
"""Clients whose answers are counted; beyond them the oldest are forgotten."""


class ClientLimits:
    """Counts in this process alone: each of n replicas sees its share, and a client gets up to n times as much.

    An active answer costs a look-up and an addition. Tokens that this process knows are answered during a refusal
    as well: strings that strangers send to a resource server never stop those who use it (`is_known`).
    """

    def __init__(
        self, storage: Storage, rules: ScanRules, *, is_known: Callable[[str], bool], clock: Clock
    ) -> None:
        self._storage = storage
        self._rules = rules
        self._is_known = is_known
        self._clock = clock
        self._clients: OrderedDict[str, Answers] = OrderedDict()
        self.scans = 0

    def __len__(self) -> int:
        return len(self._clients)

    def admit(self, client: Client, token: str) -> None:
        """Before the question.

        Raises:
            Busy: the client is refused because it was scanning.
        """
        answers = self._clients.get(client.id)
        if answers is None or answers.refused_at is None:
            return
        wait = answers.refused_for(self._rules, self._clock())
        if wait and not self._is_known(token):
            quota = Quota("inactive-answers", self._rules.inactive, 60)
            raise Busy("too many of your tokens are inactive", retry_after=wait, quota=quota)

    def active(self, client: Client) -> None:
        """Count an active answer."""
        self._of(client).active += 1

    async def inactive(self, client: Client) -> None:
        """Count an inactive answer; the one that makes a scan of it is audited.

        Raises:
            Busy: one too many for this second, instead of the answer.
            StorageUnavailable: the scan could not be audited.
        """
        answers, now = self._of(client), self._clock()
        answers.inactive(now)
        if answers.begin_refusal(self._rules, now):
            await self._audit(client)
        if answers.are_too_fast(self._rules):
            quota = Quota("inactive-answers", self._rules.inactive_per_second, 1)
            raise Busy("too many of your tokens are inactive", retry_after=1, quota=quota)

    def _of(self, client: Client) -> Answers:
        answers = self._clients.get(client.id)
        if answers is None:
            answers = self._clients[client.id] = Answers()
            if len(self._clients) > REMEMBERED:
                self._clients.popitem(last=False)
        return answers

    async def _audit(self, client: Client) -> None:
        self.scans += 1
        subject = f"client:{client.id}"
        async with self._storage.transaction() as tx:
            entry = AuditEntry(actor=subject, action="client.scanning", subject=subject)
            await tx.audit.append([entry], await tx.now())
