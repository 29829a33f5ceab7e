"""Create: a record and its first value, for the person who asks."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from service.application.current import Current
from service.application.families import families
from service.application.idempotency import Repeated, UnderWay, earlier, note
from service.application.judging import BATCH, Judging
from service.application.minting import Mint
from service.application.ports import Storage, Transaction
from service.application.room import rooms_of
from service.domain.audit import AuditEntry
from service.domain.descent import Parent
from service.domain.errors import OutcomeUnknown, Refused
from service.domain.idempotency import IdempotencyKey
from service.domain.issuance import TokenRequest
from service.domain.reference import Reference
from service.domain.secret import Secret
from service.domain.token import Token, TokenValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """A token just made. `jwt` and `reference` are shown in this answer only.

    `old_ends_at` is when the value before it ends, where that goes on for a while.
    """

    token: Token
    jwt: Secret
    old_ends_at: int | None = None
    reference: Secret | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    request: TokenRequest
    owner_id: str
    actor: str
    key: IdempotencyKey | None
    parent: Parent | None
    answer: asyncio.Future[Issued | Repeated]


class IssueToken:
    """Concurrent requests share one transaction; one refused request neither fails nor delays the others."""

    def __init__(
        self, storage: Storage, current: Current, mint: Mint, under_way: UnderWay, *, most_children: int
    ) -> None:
        self._storage = storage
        self._most_children = most_children
        self._current = current
        self._mint = mint
        self._under_way = under_way
        self._waiting: list[_Asked] = []
        self._running: asyncio.Task[None] | None = None

    async def __call__(
        self, request: TokenRequest, *, owner_id: str, actor: str, parent: Parent | None = None
    ) -> Issued:
        """Record, sign, check and answer; the value leaves the process only after the commit.

        With a `parent`, a token of the same owner's asks: the new one gets at most what that has, and ends with it.

        Raises:
            TokenIsRevoked, TokenIsSuspended: the parent.
            Faulty, ScopeExceedsGrant: what was asked for may not be.
            NotAllowed: the owner is disabled, or an auditor.
            LimitReached: a ceiling of the policy.
            CannotSign: verify-only.
        """
        issued = await self._ask(request, owner_id, actor, parent)
        assert isinstance(issued, Issued)  # noqa: S101 - without a key nothing is a repeat
        return issued

    async def once(
        self,
        request: TokenRequest,
        *,
        key: IdempotencyKey,
        owner_id: str,
        actor: str,
        parent: Parent | None = None,
    ) -> Issued | Repeated:
        """The same, but a repeat within a day is told the record that the first request made.

        Raises:
            InProgress: the first one is still under way, in this process or another.
            IdempotencyKeyReused: the key came with another request.
        """
        self._under_way.begin(key)
        return await self._ask(request, owner_id, actor, parent, key)

    async def _ask(
        self,
        request: TokenRequest,
        owner_id: str,
        actor: str,
        parent: Parent | None,
        key: IdempotencyKey | None = None,
    ) -> Issued | Repeated:
        answer: asyncio.Future[Issued | Repeated] = asyncio.get_running_loop().create_future()
        asked = _Asked(request=request, owner_id=owner_id, actor=actor, key=key, parent=parent, answer=answer)
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
        judging = Judging(
            catalogue=self._current.catalogue,
            rooms=await rooms_of(tx, owners, now),
            families=await families(
                tx,
                {asked.parent for asked in batch if asked.parent is not None},
                self._current.catalogue,
                most=self._most_children,
                now=now,
            ),
            new_id=self._mint.new_id,
            now=now,
        )
        judged: list[Token | Exception] = []
        for asked in batch:
            try:
                owner = owners.get(asked.owner_id)
                judged.append(judging.record(asked.request, owner, asked.parent))
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
        references: list[Reference] = []
        for asked, outcome in zip(batch, judged, strict=True):
            try:
                minted = self._mint.sign(_token(outcome), next(places), now=now)
            except Refused as refusal:
                answers.append(refusal)
                continue
            values.append(minted.value)
            issued = Issued(token=_token(outcome), jwt=minted.jwt)
            if asked.request.reference:
                named = self._mint.reference(issued.token, now=now)
                issued = replace(
                    issued, token=replace(issued.token, reference_hint=named.hint), reference=named.text
                )
                references.append(named.row)
            answers.append(issued)
        made = [
            (asked, answer.token)
            for asked, answer in zip(batch, answers, strict=True)
            if isinstance(answer, Issued)
        ]
        await tx.tokens.add([token for _, token in made], values)
        for reference in references:
            await tx.references.add(reference)
        await note(tx, [(asked.key, token) for asked, token in made if asked.key is not None])
        await tx.audit.append([_entry(asked, token) for asked, token in made], now)
        return answers


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
        detail={"jti": token.jti, "scopes": token.scopes, "expires_at": token.expires_at} | _named(token),
    )


def _named(token: Token) -> dict[str, str]:
    return {} if token.reference_hint is None else {"reference": token.reference_hint}
