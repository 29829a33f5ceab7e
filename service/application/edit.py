"""Edit in place: what no signature carries, or what may only shrink; with a short reference everything."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from service.application.current import Current
from service.application.edit_by_reference import edited_by_reference
from service.application.own_tokens import lock_own_token
from service.application.ports import Storage, Transaction
from service.domain.audit import AuditEntry
from service.domain.edit import Edit
from service.domain.errors import Fault, Faulty, NeedsNewValue, NotAllowed, TokenIsExpired, TokenIsRevoked
from service.domain.issuance import MAX_NOTE, text_fault
from service.domain.token import NEVER, StatusChange, Token


class EditToken:
    def __init__(self, storage: Storage, current: Current) -> None:
        self._storage = storage
        self._current = current

    async def __call__(
        self, token_id: str, edit: Edit, *, owner_id: str, actor: str, administrator: bool
    ) -> Token:
        """The record as changed.

        Raises:
            NotFound: no such token of this owner.
            NeedsNewValue: the change is in what is signed, a later expiry included.
            TokenIsRevoked, TokenIsExpired: nothing can be changed any more.
            NotAllowed: an administrator paused it, and the owner would resume it.
            Faulty: values that are not acceptable.
            ScopeExceedsGrant, LimitReached: as for a new token, where a short reference spares one a new value.
        """
        signed = bool(edit.signed) or edit.expiry is not None
        async with self._storage.transaction() as tx:
            token = await lock_own_token(tx, token_id, owner_id, signing=signed)
            now = await tx.now()
            if token.revoked_at is not None:
                raise TokenIsRevoked("revoked for good")
            if token.reference_hint is not None and signed:
                changed = await edited_by_reference(tx, token, edit, self._current)
            else:
                changed = _in_place(token, edit, now)
            changed = _paused(changed, edit, now=now, actor=actor, administrator=administrator)
            await tx.tokens.change(changed)
            if changed.expires_at is not None and changed.expires_at != token.expires_at:
                await tx.tokens.end_values_at(token.id, changed.expires_at)
            if (changed.suspended_at is None) != (token.suspended_at is None):
                await _announce(tx, token.id, now)
            entry = AuditEntry(
                actor=actor,
                action="token.edited",
                subject=f"token:{token.id}",
                detail=_difference(token, changed),
            )
            await tx.audit.append([entry], now)
        return changed


async def _announce(tx: Transaction, token_id: str, now: int) -> None:
    changes: list[StatusChange] = await tx.revocations.statuses(token_id)
    if changes:
        await tx.status_lists.announce(changes, now)


def _in_place(token: Token, edit: Edit, now: int) -> Token:
    faults = list(edit.faults)
    note = token.note if edit.note is None else edit.note.strip()
    if edit.note is not None and (fault := text_fault("note", note, longest=MAX_NOTE)):
        faults.append(fault)
    expires_at = token.expires_at
    end: dict[str, int | None] = {}
    signed = {name: value for name, value in edit.signed.items() if not _same(token, name, value)}
    if edit.expiry is not None:
        expires_at = edit.expiry.moment(now)
        where = "expires_at" if edit.expiry.at is not None else "expiration"
        if expires_at is not None and expires_at <= now:
            faults.append(Fault(where, "in_the_past", "must lie in the future; to end it now, revoke it"))
        if token.expires_at is not None and now >= token.expires_at:
            raise TokenIsExpired("expired; regenerate it")
        end = {where: edit.expiry.days if edit.expiry.at is None else edit.expiry.at}
        if _later(expires_at, token.expires_at):
            signed |= end
    if faults:
        raise Faulty(faults)
    if signed:
        raise NeedsNewValue(sorted(signed), signed | end)
    metadata = token.metadata if edit.metadata is None else MappingProxyType(dict(edit.metadata))
    return replace(token, note=note, metadata=metadata, expires_at=expires_at)


def _later(wanted: int | None, present: int | None) -> bool:
    """Whether it lies beyond what is signed; a grant without end is signed until NEVER."""
    return (NEVER if wanted is None else wanted) > (NEVER if present is None else present)


def _same(token: Token, name: str, value: object) -> bool:
    present: Mapping[str, object] = {
        "scopes": token.scopes,
        "audience": token.audiences,
        "allowed_ips": token.allowed_ips,
        "not_before": token.not_before,
    }
    return present.get(name) == value


def _paused(token: Token, edit: Edit, *, now: int, actor: str, administrator: bool) -> Token:
    if edit.suspended is None:
        return token
    if edit.suspended:
        if token.suspended_at is not None and administrator <= token.suspended_by_administrator:
            return token
        since = now if token.suspended_at is None else token.suspended_at
        return replace(
            token, suspended_at=since, suspended_by=actor, suspended_by_administrator=administrator
        )
    if token.suspended_by_administrator and not administrator:
        raise NotAllowed("an administrator paused this token; only an administrator can resume it")
    return replace(token, suspended_at=None, suspended_by=None, suspended_by_administrator=False)


def _difference(before: Token, after: Token) -> dict[str, Any]:
    members = ("note", "scopes", "audiences", "allowed_ips", "not_before", "expires_at", "suspended_at")
    return {name: getattr(after, name) for name in members if getattr(before, name) != getattr(after, name)}
