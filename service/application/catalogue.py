"""Put a catalogue in force: at the first start, and by `safeconduct apply`."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from service.application.carry_out import carry_out
from service.application.current import Current
from service.application.declare import Plan, plan
from service.application.declare_webhooks import carry_out_webhooks, plan_webhooks
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
from service.application.webhooks import WebhookMaker
from service.domain.audit import AuditEntry
from service.domain.catalogue import CatalogueDocument
from service.domain.catalogue_difference import Change, difference
from service.domain.client import Client
from service.domain.declared import NOTHING, Declared
from service.domain.errors import WrongState
from service.domain.identifiers import Randomness
from service.domain.overreach import Overreach
from service.domain.secret import Secret
from service.domain.webhook import Webhook


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
    `revoked` counts the values that ended; `clients` and `webhooks` are the new ones with their secrets, shown in this
    answer only.
    """

    changes: tuple[Change, ...]
    version: int
    in_use: Mapping[str, int] = field(default_factory=dict)
    beyond: int = 0
    revoked: int = 0
    clients: Sequence[tuple[Client, Secret | None]] = ()
    webhooks: Sequence[tuple[Webhook, Secret]] = ()


class ApplyCatalogue:
    def __init__(
        self,
        storage: Storage,
        current: Current,
        *,
        randomness: Randomness = secrets.token_bytes,
        webhooks: WebhookMaker | None = None,
    ) -> None:
        """Without `webhooks` no file that declares some can be applied."""
        self._storage = storage
        self._current = current
        self._randomness = randomness
        self._webhooks = webhooks
        self._revoke_ahead = RevokeAhead(storage)

    async def __call__(
        self,
        wanted: CatalogueDocument,
        declared: Declared = NOTHING,
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
            Faulty: `declared` names people who are not there.
            ScopesInUse: live tokens carry too much, and nothing is said of them.
            CatalogueChangedMeanwhile: nothing was changed.
        """
        planned, overreach, seen = await self._look(wanted, declared, expected_version)
        if dry_run or not seen.changes:
            return seen
        ahead = await self._end_ahead(overreach, actor) if revoke and seen.beyond > CHUNK else 0
        async with self._storage.transaction() as tx:
            await tx.users.hold(sorted(planned.held))
            await tx.keys.lock()  # who issues holds it: no token gets in between the count and the commit
            again = await self._plan(tx, declared)
            if (again.held, again.changes) != (planned.held, planned.changes):
                raise _changed_meanwhile()
            overreach = replace(overreach, grants=again.new_grants)
            fate = _Fate(keep=keep_until_expiry, revoke=revoke)
            stored = await self._store(tx, overreach, again, seen, fate, actor=actor)
        await self._current.reload(self._storage)
        return replace(stored, revoked=stored.revoked + ahead)

    async def end_some(
        self,
        wanted: CatalogueDocument,
        declared: Declared = NOTHING,
        *,
        actor: str,
        after: Place = BEGINNING,
    ) -> tuple[int, Place | None]:
        """Revoke ahead what `wanted` would leave with too much: of the next live values, so that many take no while.

        Answers how many values ended, and behind which place to go on; None at the end.
        """
        async with self._storage.reading() as read:
            _, old = await _in_force(read)
            grants = (await self._plan(read, declared)).new_grants
        overreach = Overreach.between(old, wanted.after(old), grants)
        return await self._revoke_ahead(overreach, actor=actor, after=after)

    async def _plan(self, tx: Transaction, declared: Declared) -> Plan:
        planned = await plan(tx, declared)
        await plan_webhooks(tx, planned, declared.webhooks, self._webhooks)
        return planned

    async def _look(
        self, wanted: CatalogueDocument, declared: Declared, expected_version: int | None
    ) -> tuple[Plan, Overreach, Applied]:
        """What would be done, by one snapshot."""
        async with self._storage.snapshot() as read:
            version, old = await _in_force(read)
            if expected_version not in {None, version}:
                raise _changed_meanwhile()
            planned = await self._plan(read, declared)
            overreach = Overreach.between(old, wanted.after(old), planned.new_grants)
            changes = (*difference(old, overreach.wanted), *planned.changes)
            counted = await _count(read, overreach)
        seen = Applied(changes=changes, version=version, in_use=counted.in_use, beyond=counted.tokens)
        return planned, overreach, seen

    async def _end_ahead(self, overreach: Overreach, actor: str) -> int:
        revoked, after = 0, BEGINNING
        while True:
            values, following = await self._revoke_ahead(overreach, actor=actor, after=after)
            revoked += values
            if following is None:
                return revoked
            after = following

    async def _store(
        self,
        tx: Transaction,
        overreach: Overreach,
        planned: Plan,
        seen: Applied,
        fate: "_Fate",
        *,
        actor: str,
    ) -> Applied:
        counted = await _count(tx, overreach)
        if counted.tokens and not (fate.keep or fate.revoke):
            raise ScopesInUse(counted.in_use, counted.tokens)
        now, version, document = await tx.now(), seen.version, overreach.wanted.to_json()
        if not await tx.catalogues.add(document, by=actor, now=now, expected_version=version):
            raise _changed_meanwhile()
        end = fate.revoke and counted.tokens > 0
        revoked, ended = await revoke_rest(tx, overreach, now=now, actor=actor) if end else (0, [])
        clients, declared = await carry_out(tx, planned, now=now, actor=actor, randomness=self._randomness)
        webhooks, set_up = await carry_out_webhooks(tx, planned, self._webhooks, now=now, actor=actor)
        detail = {"version": version + 1, "changes": [str(change) for change in seen.changes]}
        told = {"revoked": revoked} if fate.revoke else {"kept": counted.tokens}
        entry = AuditEntry(
            actor=actor,
            action="catalogue.applied",
            subject="catalogue",
            detail=detail | (told if counted.tokens else {}),
        )
        await tx.audit.append([entry, *declared, *set_up, *ended], now)
        after = replace(seen, version=version + 1, clients=clients, webhooks=webhooks, revoked=revoked)
        return replace(after, in_use=counted.in_use, beyond=counted.tokens)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fate:
    """What becomes of live tokens that would carry too much; with neither, nothing is changed."""

    keep: bool
    revoke: bool


async def _in_force(tx: Transaction) -> tuple[int, CatalogueDocument]:
    latest = await tx.catalogues.latest()
    return (latest[0], CatalogueDocument.from_json(latest[1])) if latest else (0, CatalogueDocument())


async def _count(tx: Transaction, overreach: Overreach) -> Counted:
    return await count_overreach(tx, overreach) if overreach.is_possible else Counted()


def _changed_meanwhile() -> CatalogueChangedMeanwhile:
    return CatalogueChangedMeanwhile("another catalogue was applied meanwhile; look at the difference again")
