"""A small organisation inside a store: owners, keys and tokens, made the way the use cases make them."""

import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import uuid4

from keys import KeyRing, KeyState, MasterKey, MasterKeys, Purpose, SigningKey, create_key
from service.domain.audit import AuditEntry
from service.domain.token import NEVER, Token, TokenValue
from service.domain.user import Grant, Role, User, UserKind
from service.storage import Database
from service.storage.transaction import SqlTransaction

MASTERS = MasterKeys(MasterKey(bytes(range(32))))
HOUR = 3_600


def new_id() -> str:
    return uuid4().hex


def new_hash() -> str:
    return secrets.token_urlsafe(32)


def a_user(**members: Any) -> User:
    defaults = {
        "id": new_id(),
        "kind": UserKind.PERSON,
        "name": f"user {new_id()}",
        "role": Role.USER,
        "password_hash": None,
        "grant": Grant(),
        "created_at": 1,
    }
    return User(**defaults | members)


def a_key(purpose: Purpose = Purpose.ACCESS_TOKEN, *, active: bool = True, now: int = 1) -> SigningKey:
    key = create_key(purpose, "ES256", now, MASTERS)
    return key.activated(now, bootstrap=True) if active else key


def a_token(owner_id: str, **members: Any) -> Token:
    defaults = {
        "id": new_id(),
        "owner_id": owner_id,
        "note": "a note",
        "scopes": ("automation:view", "company"),
        "audiences": ("https://issuer.example/api",),
        "allowed_ips": (),
        "metadata": None,
        "not_before": None,
        "expires_at": NEVER - 1,
        "jti": new_id(),
        "created_at": 1,
    }
    return Token(**defaults | members)


def a_value(token: Token, kid: str, place: tuple[str, int], **members: Any) -> TokenValue:
    list_id, counter = place
    expires_at = members.get("expires_at", token.expires_at or NEVER)
    defaults = {
        "jti": token.jti,
        "token_id": token.id,
        "token_hash": new_hash(),
        "kid": kid,
        "list_id": list_id,
        "idx": counter + 4,
        "issued_at": token.created_at,
        "not_before": None,
        "expires_at": expires_at,
        "ends_at": expires_at,
    }
    return TokenValue(**defaults | members)


@dataclass
class World:
    """`owner` is somebody's id, `key` signs; `issue` makes tokens of theirs."""

    storage: Database
    owner: str = field(default_factory=new_id)
    key: SigningKey = field(default_factory=a_key)
    issued: int = 0

    @property
    def kid(self) -> str:
        return self.key.kid

    async def settle(self) -> "World":
        async with self.storage.transaction() as tx:
            await tx.users.add(a_user(id=self.owner))
            await tx.keys.store(KeyRing(1, [self.key]), expected_version=0)
        return self

    async def add_user(self, **members: Any) -> User:
        user = a_user(**members)
        async with self.storage.transaction() as tx:
            assert await tx.users.add(user)
        return user

    async def issue(self, *, value: dict[str, Any] | None = None, **members: Any) -> tuple[Token, TokenValue]:
        """One token; `value` and the rest replace members of its value and of its record."""
        [(token, its_value)] = await self.issue_batch(1, value=value, **members)
        return token, its_value

    async def issue_batch(
        self, count: int, *, value: dict[str, Any] | None = None, **members: Any
    ) -> list[tuple[Token, TokenValue]]:
        owner_id = members.pop("owner_id", self.owner)
        async with self.storage.transaction() as tx:
            await tx.users.lock(owner_id)
            await tx.keys.lock()
            now = await tx.now()
            places = await tx.status_lists.allocate(count, new_list_id=new_id(), now=now)
            times = {"created_at": now, "expires_at": now + HOUR}
            tokens = [self.next_token(owner_id, **times | members) for _ in places]
            values = [
                a_value(token, **{"kid": self.kid} | (value or {}), place=place)
                for token, place in zip(tokens, places, strict=True)
            ]
            await tx.tokens.add(tokens, values)
            await tx.audit.append([entry("token.created", token.id) for token in tokens], now)
        return list(zip(tokens, values, strict=True))

    def next_token(self, owner_id: str, **members: Any) -> Token:
        self.issued += 1
        return a_token(owner_id, **{"sequence": self.issued} | members)

    async def issue_child(self, parent: Token, **members: Any) -> tuple[Token, TokenValue]:
        return await self.issue(parent_id=parent.id, parent_jti=parent.jti, **members)

    async def revoke(self, token_id: str, *, reason: str = "asked") -> int | None:
        """By its owner; the revision under which it was announced."""
        async with self.storage.transaction() as tx:
            await tx.users.lock(self.owner)
            await tx.tokens.lock(token_id)
            now = await tx.now()
            changes = await tx.revocations.revoke_token(token_id, now=now, by="owner", reason=reason)
            revision = await tx.status_lists.announce(changes, now) if changes else None
            await tx.audit.append([entry("token.revoked", token_id)], now)
        return revision

    async def disable(self, user_id: str) -> None:
        async with self.storage.transaction() as tx:
            user = await tx.users.lock(user_id)
            now = await tx.now()
            await tx.users.change(
                user_id,
                role=user.role,
                password_hash=user.password_hash,
                grant=user.grant,
                disabled_at=user.disabled_at or now,
            )
            changes = await tx.revocations.revoke_all_of(
                user_id, now=now, by="admin", reason="owner_disabled"
            )
            if changes:
                await tx.status_lists.announce(changes, now)
            await tx.audit.append([entry("user.disabled", user_id)], now)

    async def change(self, token: Token, **members: Any) -> Token:
        changed = replace(token, **members)
        async with self.storage.transaction() as tx:
            await tx.tokens.lock(token.id)
            await tx.tokens.change(changed)
        return changed

    async def set_key_state(self, state: KeyState) -> None:
        """Retired or compromised, as the one key of this world."""
        after = {KeyState.RETIRED: self.key.retired, KeyState.COMPROMISED: self.key.compromised}[state](2)
        async with self.storage.transaction() as tx:
            version = await tx.keys.lock()
            assert await tx.keys.store(KeyRing(version + 1, [after]), expected_version=version)

    async def reasons(self, values: Sequence[TokenValue]) -> list[str | None]:
        """What the truth says of each."""
        truths = await self.storage.truth_by_hash([value.token_hash for value in values])
        return [truths[value.token_hash].reason for value in values]

    async def statuses(self, values: Sequence[TokenValue]) -> list[int]:
        """What a list signed now would say of each."""
        async with self.storage.snapshot() as tx:
            lists = {
                list_id: await tx.status_lists.snapshot(list_id) for list_id in await tx.status_lists.all()
            }
        return [
            dict(lists[value.list_id].entries).get(value.idx, lists[value.list_id].unlisted)
            for value in values
        ]


class Abandoned(Exception):
    """What ends a transaction that a test gives up."""


async def abandoned(storage: Database, work: Callable[[SqlTransaction], Awaitable[object]]) -> None:
    """Do `work` in a transaction, then leave it by an exception."""
    async with storage.transaction() as tx:
        await work(tx)
        raise Abandoned


def entry(action: str, subject: str) -> AuditEntry:
    return AuditEntry(actor="test", action=action, subject=subject, detail={"n": 1})
