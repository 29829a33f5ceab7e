"""Put a catalogue in force: at the first start, and by `safeconduct apply`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from service.application.current import Current
from service.application.ports import Storage
from service.domain.audit import AuditEntry
from service.domain.catalogue import CatalogueDocument
from service.domain.catalogue_difference import Change, difference
from service.domain.errors import WrongState


class CatalogueChangedMeanwhile(WrongState):
    """Another replica or person applied one first: look at the difference again."""

    code = "catalogue_changed"


class ScopesInUse(WrongState):
    """Live tokens hold scopes that the new catalogue no longer knows. `tokens` counts them per scope."""

    code = "scopes_in_use"

    def __init__(self, tokens: dict[str, int]) -> None:
        listed = ", ".join(f"{scope} ({count})" for scope, count in sorted(tokens.items()))
        super().__init__(f"live tokens hold scopes that would go: {listed}")
        self.tokens = tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What differs, and the version now in force (the present one when nothing was changed).

    `in_use` counts the live tokens that hold each scope that goes.
    """

    changes: tuple[Change, ...]
    version: int
    in_use: Mapping[str, int]


class ApplyCatalogue:
    def __init__(self, storage: Storage, current: Current) -> None:
        self._storage = storage
        self._current = current

    async def __call__(
        self,
        wanted: CatalogueDocument,
        *,
        actor: str,
        dry_run: bool = False,
        keep_until_expiry: bool = False,
        expected_version: int | None = None,
    ) -> Applied:
        """Make `wanted` the catalogue of all replicas; with `dry_run` only say what would change.

        `expected_version` is the one against which somebody looked at the difference.

        Raises:
            CatalogueInvalid: a retired scope would return with another meaning.
            ScopesInUse: live tokens hold scopes that go, and `keep_until_expiry` is not given.
            CatalogueChangedMeanwhile: nothing was changed.
        """
        async with self._storage.reading() as read:
            latest = await read.catalogues.latest()
            in_use = await read.catalogues.live_tokens_by_scope()
        version, old = (
            (latest[0], CatalogueDocument.from_json(latest[1])) if latest else (0, CatalogueDocument())
        )
        if expected_version is not None and expected_version != version:
            raise _changed_meanwhile()
        wanted = wanted.after(old)
        changes = difference(old, wanted)
        gone = wanted.lost_from(old)
        if dry_run or not changes:
            return Applied(changes=changes, version=version, in_use=_held(gone, in_use))
        lost = await self._store(wanted, changes, gone, version=version, actor=actor, keep=keep_until_expiry)
        return Applied(changes=changes, version=version + 1, in_use=lost)

    async def _store(
        self,
        wanted: CatalogueDocument,
        changes: Sequence[Change],
        gone: Sequence[str],
        *,
        version: int,
        actor: str,
        keep: bool,
    ) -> Mapping[str, int]:
        async with self._storage.transaction() as tx:
            await tx.keys.lock()  # who issues holds it: no token gets in between the count and the commit
            lost = _held(gone, await tx.catalogues.live_tokens_by_scope())
            if lost and not keep:
                raise ScopesInUse(lost)
            now = await tx.now()
            if not await tx.catalogues.add(wanted.to_json(), by=actor, now=now, expected_version=version):
                raise _changed_meanwhile()
            entry = AuditEntry(
                actor=actor,
                action="catalogue.applied",
                subject="catalogue",
                detail={"version": version + 1, "changes": [str(change) for change in changes]},
            )
            await tx.audit.append([entry], now)
        await self._current.reload(self._storage)
        return lost


def _held(gone: Sequence[str], in_use: Mapping[str, int]) -> dict[str, int]:
    return {scope: in_use[scope] for scope in gone if scope in in_use}


def _changed_meanwhile() -> CatalogueChangedMeanwhile:
    return CatalogueChangedMeanwhile("another catalogue was applied meanwhile; look at the difference again")
