"""Create: a record and its first value, for the person who asks."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from service.application.current import Current
from service.application.idempotency import Repeated, UnderWay, earlier, note
from service.application.minting import Mint
from service.application.ports import Storage, Transaction
from service.domain.audit import AuditEntry
from service.domain.errors import Busy, OutcomeUnknown, Quota, Refused
from service.domain.idempotency import IdempotencyKey
from service.domain.issuance import Permitted, TokenRequest, maker, permit
from service.domain.policy import Rules
from service.domain.secret import Secret
from service.domain.token import Token, TokenValue
from service.domain.user import User

HOUR = 3_600
BATCH = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """A token just made. `jwt` is shown in this answer only.

    `old_ends_at` is when the value before it ends, where that goes on for a while.
    """

    token: Token
    jwt: Secret
    old_ends_at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    request: TokenRequest
    owner_id: str
    actor: str
    key: IdempotencyKey | None
    answer: asyncio.Future[Issued | Repeated]


@dataclass(slots=True)
class _Room:
    """What a locked owner has already, counted on while a batch takes from it."""

    live: int
    lately: int
    taken: int = 0

    def take(self, rules: Rules) -> None:
        rules.demand_room(self.live + self.taken)
        if self.lately + self.taken >= (most := rules.max_creations_per_hour):
            place = rules.place("max_creations_per_hour")
            raise Busy(
                f"at most {most} new tokens an hour ({place})",
                retry_after=HOUR // 4,
                quota=Quota("creations", most, HOUR),
            )
        self.taken += 1


async def _rooms(tx: Transaction, owners: Collection[str], now: int) -> Mapping[str, _Room]:
    counts = await tx.tokens.counts(owners, since=now - HOUR)
    return {owner_id: _Room(*counts.get(owner_id, (0, 0))) for owner_id in owners}


class IssueToken:
    """Concurrent requests share one transaction; one refused request neither fails nor delays the others."""

    def __init__(self, storage: Storage, current: Current, mint: Mint, under_way: UnderWay) -> None:
        self._storage = storage
        self._current = current
        self._mint = mint
        self._under_way = under_way
        self._waiting: list[_Asked] = []
        self._running: asyncio.Task[None] | None = None

    async def __call__(self, request: TokenRequest, *, owner_id: str, actor: str) -> Issued:
        """Record, sign, check and answer; the value leaves the process only after the commit.

        Raises:
            Faulty, ScopeExceedsGrant: what was asked for may not be.
            NotAllowed: the owner is disabled, or an auditor.
            LimitReached: a ceiling of the policy.
            CannotSign: verify-only.
        """
        issued = await self._ask(request, owner_id, actor, None)
        assert isinstance(issued, Issued)  # noqa: S101 - without a key nothing is a repeat
        return issued

    async def once(
        self, request: TokenRequest, *, key: IdempotencyKey, owner_id: str, actor: str
    ) -> Issued | Repeated:
        """The same, but a repeat within a day is told the record that the first request made.

        Raises:
            InProgress: the first one is still under way, in this process or another.
            IdempotencyKeyReused: the key came with another request.
        """
        self._under_way.begin(key)
        return await self._ask(request, owner_id, actor, key)

    async def _ask(
        self, request: TokenRequest, owner_id: str, actor: str, key: IdempotencyKey | None
    ) -> Issued | Repeated:
        answer: asyncio.Future[Issued | Repeated] = asyncio.get_running_loop().create_future()
        asked = _Asked(request=request, owner_id=owner_id, actor=actor, key=key, answer=answer)
        self._waiting.append(asked)
        if self._running is None:
            self._running = asyncio.create_task(self._run())
        return await answer

    async def _run(self) -> None:
        batch: Sequence[_Asked] = ()
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:BATCH], self._waiting[BATCH:]
                try:
                    answers = await self._issue(batch)
                except Exception as error:  # noqa: BLE001 - whatever went wrong is the batch's answer
                    answers = [error] * len(batch)
                for asked, outcome in zip(batch, answers, strict=True):
                    self._settle(asked, outcome)
        except BaseException:
            for asked in (*batch, *self._waiting):
                self._settle(asked, OutcomeUnknown("this process was stopped meanwhile"))
            self._waiting = []
            raise
        finally:
            self._running = None

    def _settle(self, asked: _Asked, outcome: Issued | Repeated | Exception) -> None:
        if asked.key is not None:
            self._under_way.end(asked.key)
        if asked.answer.done():
            return
        if isinstance(outcome, Exception):
            asked.answer.set_exception(outcome)
        else:
            asked.answer.set_result(outcome)

    async def _issue(self, batch: Sequence[_Asked]) -> list[Issued | Repeated | Exception]:
        async with self._storage.transaction() as tx:
            known = await earlier(tx, [asked.key for asked in batch if asked.key is not None])
            new = [asked for asked in batch if asked.key not in known]
            made = iter(await self._issue_new(tx, new) if new else ())
            return [
                next(made) if asked.key is None or asked.key not in known else known[asked.key]
                for asked in batch
            ]

    async def _issue_new(self, tx: Transaction, batch: Sequence[_Asked]) -> list[Issued | Exception]:
        owners = await tx.users.lock_all({asked.owner_id for asked in batch})
        await tx.keys.lock()
        await self._current.refresh(tx)
        now = await tx.now()
        rooms = await _rooms(tx, owners, now)
        judged: list[Token | Exception] = []
        for asked in batch:
            try:
                judged.append(self._judge(asked, owners.get(asked.owner_id), rooms, now))
            except Refused as refusal:
                judged.append(refusal)
        return await self._make(tx, batch, judged, now)

    async def _make(
        self, tx: Transaction, batch: Sequence[_Asked], judged: Sequence[Token | Exception], now: int
    ) -> list[Issued | Exception]:
        """Sign and record what was judged well; the rest stays the refusal it is."""
        count = sum(isinstance(outcome, Token) for outcome in judged)
        places = iter(await self._mint.places(tx, count, now=now) if count else ())
        answers: list[Issued | Exception] = []
        values: list[TokenValue] = []
        for outcome in judged:
            try:
                minted = self._mint.sign(_token(outcome), next(places), now=now)
            except Refused as refusal:
                answers.append(refusal)
            else:
                answers.append(Issued(token=_token(outcome), jwt=minted.jwt))
                values.append(minted.value)
        made = [
            (asked, answer.token)
            for asked, answer in zip(batch, answers, strict=True)
            if isinstance(answer, Issued)
        ]
        await tx.tokens.add([token for _, token in made], values)
        await note(tx, [(asked.key, token) for asked, token in made if asked.key is not None])
        await tx.audit.append([_entry(asked, token) for asked, token in made], now)
        return answers

    def _judge(self, asked: _Asked, owner: User | None, rooms: Mapping[str, _Room], now: int) -> Token:
        owner = maker(owner)
        room = rooms[owner.id]
        catalogue = self._current.catalogue
        rules = catalogue.policy.of(owner)
        permitted = permit(asked.request, grant=owner.grant, rules=rules, catalogue=catalogue, now=now)
        token = self._record(permitted, owner, sequence=owner.version * BATCH + room.taken, now=now)
        room.take(rules)
        return token

    def _record(self, permitted: Permitted, owner: User, *, sequence: int, now: int) -> Token:
        return Token(
            id=self._mint.new_id(),
            owner_id=owner.id,
            sequence=sequence,
            note=permitted.note,
            scopes=permitted.scopes,
            audiences=permitted.audiences,
            allowed_ips=permitted.allowed_ips,
            metadata=MappingProxyType(dict(permitted.metadata)) if permitted.metadata is not None else None,
            not_before=permitted.not_before,
            expires_at=permitted.expires_at,
            jti=self._mint.new_id(),
            created_at=now,
        )


def _token(outcome: Token | Exception) -> Token:
    """The record that was judged well; raises the refusal of one that was not."""
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def _entry(asked: _Asked, token: Token) -> AuditEntry:
    return AuditEntry(
        actor=asked.actor,
        action="token.created",
        subject=f"token:{token.id}",
        detail={"jti": token.jti, "scopes": token.scopes, "expires_at": token.expires_at},
    )
