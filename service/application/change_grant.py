"""Change what a user may hand out; what their tokens carry beyond it ends in the same transaction (R17, L42)."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from service.application.current import Current
from service.application.ports import Storage, Transaction
from service.application.revoke_beyond import revoke_beyond
from service.domain.audit import AuditEntry
from service.domain.carried import Beyond, Carried, beyond
from service.domain.catalogue import CatalogueDocument
from service.domain.errors import Fault, Faulty, NotFound, WrongState
from service.domain.issuance import beyond_grant, known_scopes
from service.domain.user import Grant, GrantKind, User

NARROWED = "grant_narrowed"
"""Why a token was revoked, in its record and its receipt."""


class SeenOtherwise(WrongState):
    """What would end is no longer what was looked at: look again."""

    code = "preview_outdated"


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantChange:
    """The user as changed, or as they would be; what lies beyond the new grant; how many values were revoked.

    `preview` stands for the old grant and for what lies beyond: whoever shows it changes exactly that or nothing.
    """

    user: User
    beyond: tuple[Beyond, ...]
    preview: str
    revoked_values: int = 0


class ChangeGrant:
    """Of a person or a machine. Nothing is re-scoped: a token that carries too much ends (threats 33)."""

    def __init__(self, storage: Storage, current: Current) -> None:
        self._storage = storage
        self._current = current

    async def look(self, user_id: str, grant: Grant) -> GrantChange:
        """What would come of it.

        Raises:
            NotFound: no such user.
            Faulty: scopes that are in no catalogue.
        """
        async with self._storage.snapshot() as read:
            user = await read.users.get(user_id)
            await self._current.refresh(read)
            return await self._foreseen(read, user, grant)

    async def __call__(
        self,
        user_id: str,
        grant: Grant,
        *,
        actor: str,
        preview: str | None = None,
        may_be_empty: bool = False,
    ) -> GrantChange:
        """The same, done: no token that is made meanwhile gets past it. A grant of nothing has to be meant.

        Raises:
            SeenOtherwise: `preview` is of something else.
            NotFound, Faulty: as for a look.
        """
        async with self._storage.transaction() as tx:
            user = await tx.users.lock(user_id)
            await tx.keys.lock()  # a catalogue applied meanwhile is judged by this grant, or judges it
            await self._current.refresh(tx)
            change = await self._foreseen(tx, user, grant, may_be_empty=may_be_empty)
            if preview not in {None, change.preview}:
                raise SeenOtherwise("tokens or grant have changed since; look again")
            return await _make(tx, change, user, actor=actor)

    async def _foreseen(
        self, tx: Transaction, user: User | None, grant: Grant, *, may_be_empty: bool = False
    ) -> GrantChange:
        if user is None:
            raise NotFound("no such user")
        catalogue = self._current.catalogue
        if grant.scopes or not may_be_empty:
            grant = judged_grant(grant, catalogue)
        found = beyond(await tx.carried.by(user.id), partial(_too_far, grant, catalogue))
        return GrantChange(
            user=replace(user, grant=grant), beyond=found, preview=_fingerprint(user.grant, grant, found)
        )


def judged_grant(grant: Grant, catalogue: CatalogueDocument) -> Grant:
    """A grant that can be stored: canonical names, sets spelled out. Raises Faulty."""
    if grant.kind is not GrantKind.LISTED:
        return Grant(grant.kind)
    faults: list[Fault] = []
    scopes = known_scopes(grant.scopes, catalogue, faults)
    if faults:
        raise Faulty(faults)
    return Grant(grant.kind, scopes)


def _too_far(grant: Grant, catalogue: CatalogueDocument, value: Carried) -> tuple[str, ...]:
    return beyond_grant(value.scopes, grant, catalogue)


async def _make(tx: Transaction, change: GrantChange, before: User | None, *, actor: str) -> GrantChange:
    user, now = change.user, await tx.now()
    assert before is not None  # noqa: S101 - foreseen
    await tx.users.change(
        user.id,
        role=user.role,
        password_hash=user.password_hash,
        grant=user.grant,
        disabled_at=user.disabled_at,
    )
    await tx.short_tokens.revoke_all_of(user.id, now)  # whoever needs one asks again, and is judged anew
    values, entries = await revoke_beyond(tx, change.beyond, now=now, actor=actor, reason=NARROWED)
    detail = {
        "was": _said(before.grant),
        "now": _said(user.grant),
        "tokens": len(change.beyond),
        "values": values,
    }
    changed = AuditEntry(actor=actor, action="user.grant_changed", subject=f"user:{user.id}", detail=detail)
    await tx.audit.append([changed, *entries], now)
    return replace(change, revoked_values=values)


def _said(grant: Grant) -> str | tuple[str, ...]:
    return grant.scopes if grant.kind is GrantKind.LISTED else str(grant.kind)


def _fingerprint(was: Grant, now: Grant, found: Sequence[Beyond]) -> str:
    """64 digits that are other ones as soon as the grant or what lies beyond it is."""
    ending = sorted((each.token_id, each.scopes, each.whole, sorted(each.kept)) for each in found)
    return hashlib.sha256(repr((_said(was), _said(now), ending)).encode()).hexdigest()
