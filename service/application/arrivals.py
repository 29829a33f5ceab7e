"""Who somebody from elsewhere is here: found by (issuer, subject), or made at first sight (R54)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import structlog

from service.application.change_grant import ChangeGrant
from service.application.current import Current
from service.application.ports import Storage, Transaction
from service.domain.audit import AuditEntry
from service.domain.contact import Contact, email_of
from service.domain.elsewhere_errors import SignInElsewhereFailed, Why
from service.domain.errors import Fault
from service.domain.id_token import Identity
from service.domain.identifiers import Randomness, new_id
from service.domain.issuance import known_scopes, text_fault
from service.domain.provider import Arrival
from service.domain.user import MAX_NAME, Grant, GrantKind, Role, User, UserKind

log = structlog.get_logger("elsewhere")


class _MadeMeanwhile(Exception):
    """Another process was faster."""


class Arrivals:
    def __init__(
        self, storage: Storage, current: Current, change_grant: ChangeGrant, *, randomness: Randomness
    ) -> None:
        self._storage = storage
        self._current = current
        self._change_grant = change_grant
        self._randomness = randomness

    async def __call__(self, identity: Identity, arrival: Arrival, *, actor: str) -> str:
        """The id of their account, whose grant is now what the claims say, where they have a say.

        What its tokens carry beyond a narrower grant ends, as for every grant (R17).

        Raises:
            SignInElsewhereFailed: nobody here, and none is made at first sight.
        """
        grant = self._grant(arrival.scopes(identity.claims))
        while (user_id := await self._known(identity)) is None:
            if not arrival.create_users:
                raise SignInElsewhereFailed(Why.UNKNOWN)
            try:
                return await self._make(identity, arrival, grant or Grant(), actor=actor)
            except _MadeMeanwhile:
                continue
        if grant is not None:
            await self._regrant(user_id, grant, actor=actor)
        return user_id

    def _grant(self, scopes: tuple[str, ...] | None) -> Grant | None:
        """What the catalogue knows of it; the rest gives nobody anything."""
        if scopes is None:
            return None
        faults: list[Fault] = []
        known = known_scopes(scopes, self._current.catalogue, faults) if scopes else ()
        if faults:
            log.warning("unknown_scopes_in_mapping", faults=[fault.detail for fault in faults])
        return Grant(GrantKind.LISTED, known)

    async def _known(self, identity: Identity) -> str | None:
        async with self._storage.reading() as read:
            return await read.identities.user_id(identity.issuer, identity.subject)

    async def _regrant(self, user_id: str, grant: Grant, *, actor: str) -> None:
        async with self._storage.reading() as read:
            user = await read.users.get(user_id)
        if user is not None and user.disabled_at is None and user.grant != grant:
            await self._change_grant(user_id, grant, actor=actor, may_be_empty=True)

    async def _make(self, identity: Identity, arrival: Arrival, grant: Grant, *, actor: str) -> str:
        async with self._storage.transaction() as tx:
            now = await tx.now()
            user = User(
                id=new_id(self._randomness),
                kind=UserKind.PERSON,
                name="",
                role=Role.USER,
                password_hash=None,
                grant=grant,
                created_at=now,
            )
            await self._add(tx, user, arrival.name(identity.claims, identity.subject))
            if not await tx.identities.add(identity.issuer, identity.subject, user.id, now):
                raise _MadeMeanwhile
            if email := _verified_address(identity.claims):
                await tx.contacts.put(Contact(user_id=user.id, email=email))
            detail = {"role": user.role, "issuer": identity.issuer}
            entry = AuditEntry(actor=actor, action="user.created", subject=f"user:{user.id}", detail=detail)
            await tx.audit.append([entry], now)
        return user.id

    async def _add(self, tx: Transaction, user: User, name: str) -> None:
        """Under that name or one like it: a name that is taken is somebody else's, and stays theirs."""
        wanted = name[:MAX_NAME]
        if text_fault("name", wanted, longest=MAX_NAME):
            wanted = "somebody"
        while not await tx.users.add(replace(user, name=wanted)):
            wanted = f"{name[: MAX_NAME - 10]} ({self._randomness(3).hex()})"


def _verified_address(claims: Mapping[str, Any]) -> str | None:
    """Where to write to them, and nothing that tells who they are (R54)."""
    address = claims.get("email")
    if claims.get("email_verified") is not True or not isinstance(address, str):
        return None
    return email_of(address, [])
