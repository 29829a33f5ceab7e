"""One request, one token: a repeat under the same key is told what the first one made (R14)."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from service.application.ports import Transaction
from service.domain.errors import IdempotencyKeyReused, InProgress, Refused
from service.domain.idempotency import LIFETIME, IdempotencyKey
from service.domain.token import Token, TokenState


@dataclass(frozen=True, slots=True)
class Repeated:
    """The record that an earlier request made, as it is now. Its value is gone: it was shown once or never."""

    token: Token
    state: TokenState


class UnderWay:
    """Keys of the requests that this process is working on. Those of other processes the database knows."""

    def __init__(self) -> None:
        self._keys: set[str] = set()

    def begin(self, key: IdempotencyKey) -> None:
        """Raises InProgress."""
        if key.key_hash in self._keys:
            raise InProgress("the first request with this key is still under way")
        self._keys.add(key.key_hash)

    def end(self, key: IdempotencyKey) -> None:
        self._keys.discard(key.key_hash)

    @contextmanager
    def during(self, key: IdempotencyKey) -> Iterator[None]:
        """Raises InProgress."""
        self.begin(key)
        try:
            yield
        finally:
            self.end(key)


async def earlier(
    tx: Transaction, keys: Collection[IdempotencyKey]
) -> Mapping[IdempotencyKey, Repeated | Refused]:
    """What to answer under those keys that nothing may be made for; the others belong to this transaction.

    InProgress where another process is at work, IdempotencyKeyReused where something else was asked before.
    """
    if not keys:
        return {}
    claimed = await tx.idempotency.claim([key.key_hash for key in keys])
    known = await tx.idempotency.find(sorted(claimed))
    now = await tx.now() if known else 0
    answers: dict[IdempotencyKey, Repeated | Refused] = {}
    for key in keys:
        if key.key_hash not in claimed:
            answers[key] = InProgress("the first request with this key is still under way")
        elif (made := known.get(key.key_hash)) is not None:
            body_hash, token_id = made
            answers[key] = (
                await _repeated(tx, token_id, now)
                if body_hash == key.body_hash
                else IdempotencyKeyReused("this key came with another request before; take a new one")
            )
    return answers


async def note(tx: Transaction, made: Sequence[tuple[IdempotencyKey, Token]]) -> None:
    """Remember what the requests of this transaction have made."""
    if made:
        rows = [(key, token.id) for key, token in made]
        await tx.idempotency.add(rows, expires_at=await tx.now() + LIFETIME)


async def _repeated(tx: Transaction, token_id: str, now: int) -> Repeated:
    token = await tx.tokens.get(token_id)
    assert token is not None  # noqa: S101 - a note refers to its record
    return Repeated(token, token.state(now))
