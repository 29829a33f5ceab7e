"""Put a catalogue in force: at the first start, and by `safeconduct apply`."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from service.application.current import Current
from service.application.overreach import (
    BEGINNING,
    CHUNK,
    Counted,
    Place,
    RevokeAhead,
    count_overreach,
    revoke_rest,
)
from service.application.ports import Storage, Transaction
from service.domain.audit import AuditEntry
from service.domain.catalogue import CatalogueDocument
from service.domain.catalogue_difference import Change, difference
from service.domain.errors import WrongState
from service.domain.overreach import Overreach


class CatalogueChangedMeanwhile(WrongState):
    """Another replica or person applied one first: look at the difference again."""

    code = "catalogue_changed"


class ScopesInUse(WrongState):
    """Live tokens carry what the new catalogue takes away. `tokens` counts them per scope that goes."""

    code = "scopes_in_use"

    def __init__(self, tokens: Mapping[str, int], beyond: int) -> None:
        listed = ", ".join(f"{scope} ({count})" for scope, count in tokens.items())
        held = f"live tokens hold scopes that would go: {listed}; " if tokens else ""
        super().__init__(f"{held}{beyond} would carry more than they may")
        self.tokens = dict(tokens)
        self.beyond = beyond


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What differs, and the version now in force (the present one when nothing was changed).

    `in_use` counts the live tokens that hold each scope that goes, `beyond` all that carry too much then;
    `revoked` counts the values that ended.
    """

    changes: tuple[Change, ...]
    version: int
    in_use: Mapping[str, int] = field(default_factory=dict)
    beyond: int = 0
    revoked: int = 0


class ApplyCatalogue:
    def __init__(self, storage: Storage, current: Current) -> None:
        self._storage = storage
        self._current = current
        self._revoke_ahead = RevokeAhead(storage)

    async def __call__(
        self,
        wanted: CatalogueDocument,
        *,
        actor: str,
        dry_run: bool = False,
        keep_until_expiry: bool = False,
        revoke: bool = False,
        expected_version: int | None = None,
    ) -> Applied:
        """Make `wanted` the catalogue of all replicas; with `dry_run` only say what would change.

        What live tokens carry too much of then is theirs until they expire, or revoked, as is said.
        `expected_version` is the one against which somebody looked at the difference.

        Raises:
            CatalogueInvalid: a retired scope would return with another meaning.
            ScopesInUse: live tokens carry too much, and nothing is said of them.
            CatalogueChangedMeanwhile: nothing was changed.
        """
        async with self._storage.reading() as read:
            version, old = await _in_force(read)
            if expected_version not in {None, version}:
                raise _changed_meanwhile()
            overreach = Overreach.between(old, wanted.after(old))
            changes = difference(old, overreach.wanted)
            counted = await _count(read, overreach)
        applied = Applied(changes=changes, version=version, in_use=counted.in_use, beyond=counted.tokens)
        if dry_run or not changes:
            return applied
        ahead = await self._end_ahead(overreach, actor) if revoke and counted.tokens > CHUNK else 0
        stored = await self._store(overreach, applied, actor=actor, keep=keep_until_expiry, revoke=revoke)
        return replace(stored, revoked=stored.revoked + ahead)

    async def end_some(
        self, wanted: CatalogueDocument, *, actor: str, after: Place = BEGINNING
    ) -> tuple[int, Place | None]:
        """Revoke ahead what `wanted` would leave with too much: of the next live values, so that many take no while.

        Answers how many values ended, and behind which place to go on; None at the end.
        """
        async with self._storage.reading() as read:
            _, old = await _in_force(read)
        return await self._revoke_ahead(Overreach.between(old, wanted.after(old)), actor=actor, after=after)

    async def _end_ahead(self, overreach: Overreach, actor: str) -> int:
        revoked, after = 0, BEGINNING
        while True:
            values, following = await self._revoke_ahead(overreach, actor=actor, after=after)
            revoked += values
            if following is None:
                return revoked
            after = following

    async def _store(
        self, overreach: Overreach, seen: Applied, *, actor: str, keep: bool, revoke: bool
    ) -> Applied:
        async with self._storage.transaction() as tx:
            await tx.keys.lock()  # who issues holds it: no token gets in between the count and the commit
            counted = await _count(tx, overreach)
            if counted.tokens and not (keep or revoke):
                raise ScopesInUse(counted.in_use, counted.tokens)
            now, version, document = await tx.now(), seen.version, overreach.wanted.to_json()
            if not await tx.catalogues.add(document, by=actor, now=now, expected_version=version):
                raise _changed_meanwhile()
            end = revoke and counted.tokens > 0
            revoked, entries = await revoke_rest(tx, overreach, now=now, actor=actor) if end else (0, [])
            detail = {"version": version + 1, "changes": [str(change) for change in seen.changes]}
            fate = {"revoked": revoked} if revoke else {"kept": counted.tokens}
            entry = AuditEntry(
                actor=actor,
                action="catalogue.applied",
                subject="catalogue",
                detail=detail | (fate if counted.tokens else {}),
            )
            await tx.audit.append([entry, *entries], now)
        await self._current.reload(self._storage)
        return replace(
            seen, version=version + 1, in_use=counted.in_use, beyond=counted.tokens, revoked=revoked
        )


async def _in_force(tx: Transaction) -> tuple[int, CatalogueDocument]:
    latest = await tx.catalogues.latest()
    return (latest[0], CatalogueDocument.from_json(latest[1])) if latest else (0, CatalogueDocument())


async def _count(tx: Transaction, overreach: Overreach) -> Counted:
    return await count_overreach(tx, overreach) if overreach.is_possible else Counted()


def _changed_meanwhile() -> CatalogueChangedMeanwhile:
    return CatalogueChangedMeanwhile("another catalogue was applied meanwhile; look at the difference again")
