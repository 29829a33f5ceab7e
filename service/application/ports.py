"""What the use cases need of the world, one small protocol per thing stored.

`Storage.transaction()` yields a `Transaction` whose repositories share one connection; leaving it normally
commits, leaving it by an exception rolls back. `Storage.reading()` is the same without a transaction. Every
method may raise StorageUnavailable; a commit whose answer is lost raises OutcomeUnknown. Locks are taken in
one order: users by id, key set, client, token, value, session, sign-in counts, revision, audit.
"""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from keys import KeyRing
from service.application.audit_ports import AuditTrail
from service.application.carried_ports import CarriedScopes
from service.application.client_ports import Clients
from service.application.history_ports import Recovery
from service.application.idempotency_ports import Idempotency
from service.application.identity_ports import Absences, Identities
from service.application.inventory_ports import Inventory
from service.application.key_damage import KeyDamages
from service.application.machine_ports import MachineUsers
from service.application.notice_ports import Claims, Contacts, Deliveries, Notices, Reminders, Webhooks
from service.application.overlap_ports import Overlaps
from service.application.publication_ports import Publications
from service.application.reference_ports import References
from service.application.revocation_ports import Revocations
from service.application.second_factor_ports import SecondFactors
from service.application.short_token_ports import ShortTokens
from service.application.sign_in_ports import KnownOrigins, SignInCounts
from service.application.status_list_ports import SpentLists, StatusLists
from service.application.usage_ports import Usage
from service.application.user_ports import Invitations, Users
from service.domain.audit import AuditEntry
from service.domain.principal import SignedIn
from service.domain.reference import ReferenceTruth
from service.domain.session import Session
from service.domain.short_token import ShortTruth
from service.domain.token import Token, TokenTruth, TokenValue
from service.domain.token_page import TokenCounts, TokenPage
from service.domain.user import User


class Sessions(Protocol):
    async def add(self, session: Session) -> None: ...
    async def find(self, secret_hash: str) -> tuple[Session, User] | None:
        """The session that has neither ended nor expired by the database's clock, with its enabled user."""

    async def of_user(self, user_id: str) -> list[Session]:
        """Those that have neither ended nor expired, the one used last first."""

    async def seen(self, session_id: str, now: int) -> None: ...
    async def confirm(self, session_id: str, secret_hash: str, now: int) -> None:
        """Note the confirmation and replace the secret (R48)."""

    async def end(self, session_id: str, now: int) -> None: ...
    async def end_all(self, user_id: str, now: int, *, but: str | None = None) -> None: ...


class Tokens(Protocol):
    async def add(self, tokens: Sequence[Token], values: Sequence[TokenValue]) -> None: ...
    async def add_value(self, value: TokenValue) -> None: ...
    async def get(self, token_id: str) -> Token | None: ...
    async def lock(self, token_id: str) -> Token | None: ...
    async def page(self, page: TokenPage) -> list[tuple[Token, int]]:
        """Rows in order, each with its sort value."""

    async def summary(self, owner_id: str, *, now: int, soon: int) -> TokenCounts:
        """How an owner's records stand at `now`; those that end within `soon` seconds count as ending."""

    async def change(self, token: Token) -> None:
        """Write every member of the record that may change (all but id, owner, created_at, parents)."""

    async def live_values(self, token_id: str) -> list[TokenValue]:
        """Values not revoked whose exp has not passed, and whose key is not compromised."""

    async def end_values_at(self, token_id: str, ends_at: int) -> None:
        """Let live values end no later than `ends_at`."""

    async def count_live(self, owner_id: str) -> int: ...
    async def count_children(self, parent_id: str) -> int:
        """How many live records a token has made."""

    async def counts(self, owner_ids: Collection[str], *, since: int) -> Mapping[str, tuple[int, int]]:
        """Of each owner how many records are live, and how many were made since then; none has no entry."""


class Keys(Protocol):
    async def lock(self) -> int:
        """Take the key-set head for this transaction; answers its version."""

    async def load(self) -> KeyRing: ...
    async def store(self, ring: KeyRing, *, expected_version: int) -> bool:
        """Write it as version `expected_version` + 1; False when another came first, a normal outcome."""

    async def latest_exp_by_kid(self) -> Mapping[str, int]:
        """For each kid the latest `exp` of its values that are not revoked, expired ones included."""

    async def live_by_kid(self) -> Mapping[str, int]:
        """For each kid the number of live values."""

    async def lost_with_live_values(self) -> list[str]:
        """Compromised keys of which values are not written down as revoked yet."""

    async def is_lost(self, token_id: str) -> bool:
        """Whether a record hangs on a live value of a compromised key: its own, its parent's, or its maker."""


class Secrets(Protocol):
    """Sealed symmetric keys by name."""

    async def get(self, name: str) -> tuple[str, str] | None:
        """(sealed text, master id)."""

    async def add(self, name: str, sealed: str, master_id: str, now: int) -> bool:
        """False when the name is there already: keep that one."""


class Catalogues(Protocol):
    async def latest(self) -> tuple[int, str] | None:
        """(version, canonical JSON document)."""

    async def add(self, document: str, *, by: str, now: int, expected_version: int) -> bool: ...


class Audit(Protocol):
    async def append(self, entries: Sequence[AuditEntry], now: int) -> None:
        """Last in every transaction: takes the audit head and chains the rows."""

    async def about(self, subject: str) -> list[Mapping[str, Any]]: ...


class Transaction(Protocol):
    """The repositories over one connection."""

    @property
    def users(self) -> Users: ...
    @property
    def identities(self) -> Identities: ...
    @property
    def absences(self) -> Absences: ...
    @property
    def invitations(self) -> Invitations: ...
    @property
    def sessions(self) -> Sessions: ...
    @property
    def second_factors(self) -> SecondFactors: ...
    @property
    def sign_in_counts(self) -> SignInCounts: ...
    @property
    def known_origins(self) -> KnownOrigins: ...
    @property
    def tokens(self) -> Tokens: ...
    @property
    def carried(self) -> CarriedScopes: ...
    @property
    def revocations(self) -> Revocations: ...
    @property
    def machines(self) -> MachineUsers: ...
    @property
    def inventory(self) -> Inventory: ...
    @property
    def audit_trail(self) -> AuditTrail: ...
    @property
    def status_lists(self) -> StatusLists: ...
    @property
    def spent_lists(self) -> SpentLists: ...
    @property
    def clients(self) -> Clients: ...
    @property
    def short_tokens(self) -> ShortTokens: ...
    @property
    def references(self) -> References: ...
    @property
    def keys(self) -> Keys: ...
    @property
    def recovery(self) -> Recovery: ...
    @property
    def key_damage(self) -> KeyDamages: ...
    @property
    def secrets(self) -> Secrets: ...
    @property
    def catalogues(self) -> Catalogues: ...
    @property
    def overlaps(self) -> Overlaps: ...
    @property
    def publications(self) -> Publications: ...
    @property
    def idempotency(self) -> Idempotency: ...
    @property
    def usage(self) -> Usage: ...
    @property
    def notices(self) -> Notices: ...
    @property
    def deliveries(self) -> Deliveries: ...
    @property
    def claims(self) -> Claims: ...
    @property
    def contacts(self) -> Contacts: ...
    @property
    def webhooks(self) -> Webhooks: ...
    @property
    def reminders(self) -> Reminders: ...
    @property
    def audit(self) -> Audit: ...

    async def now(self) -> int:
        """The database's clock: whole POSIX seconds, read when asked (R71)."""

    async def note_signing(self, now: int) -> int:
        """Remember that something is signed at `now`; answers the greatest time there was."""

    async def heads(self) -> Mapping[str, int]:
        """All counters: epoch, key_set, index (handed out so far), revision, catalogue, client, audit, signed_at."""


class Storage(Protocol):
    def transaction(self) -> AbstractAsyncContextManager[Transaction]: ...
    def reading(self) -> AbstractAsyncContextManager[Transaction]: ...
    def snapshot(self) -> AbstractAsyncContextManager[Transaction]:
        """Reads that all see one snapshot (PostgreSQL: REPEATABLE READ, read only)."""

    async def truth_by_hash(self, token_hashes: Sequence[str]) -> Mapping[str, TokenTruth]:
        """One autocommit statement on a connection of its own; at most 32 hashes (threats 1).

        Raises StorageUnavailable also when this server is a standby or read-only.
        """

    async def truth_by_jti(self, jtis: Sequence[str]) -> Mapping[str, TokenTruth]:
        """The same, keyed by jti."""

    async def short_truth(self, jtis: Sequence[str]) -> Mapping[str, ShortTruth]:
        """The same of access tokens without a place in a list, keyed by jti."""

    async def reference_truth(self, reference_hashes: Sequence[str]) -> Mapping[str, ReferenceTruth]:
        """The same of the records that short references name, keyed by the reference's hash."""

    async def signed_in(self, secret_hashes: Sequence[str]) -> Mapping[str, SignedIn]:
        """Whose sessions have neither ended nor expired: one autocommit statement as for the truth, at most 32."""

    async def listen(self) -> None:
        """Announce what other processes commit to the status lists as soon as they do, until cancelled.

        Raises StorageUnavailable when nothing is heard any more; the next call announces that something may have come.
        """

    async def close(self) -> None: ...
