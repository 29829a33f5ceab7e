from collections.abc import Mapping

from service.storage.absences import SqlAbsences
from service.storage.audit import SqlAudit
from service.storage.audit_trail import SqlAuditTrail
from service.storage.carried import SqlCarriedScopes
from service.storage.catalogues import SqlCatalogues
from service.storage.clients import SqlClients
from service.storage.connection import Connection
from service.storage.contacts import SqlContacts
from service.storage.deliveries import SqlDeliveries
from service.storage.idempotency import SqlIdempotency
from service.storage.identities import SqlIdentities
from service.storage.inventory import SqlInventory
from service.storage.invitations import SqlInvitations
from service.storage.key_damage import SqlKeyDamage
from service.storage.keys import SqlKeys
from service.storage.known_origins import SqlKnownOrigins
from service.storage.machines import SqlMachineUsers
from service.storage.notices import SqlNotices
from service.storage.overlaps import SqlOverlaps
from service.storage.publications import SqlPublications
from service.storage.recovery import SqlRecovery
from service.storage.references import SqlReferences
from service.storage.reminders import SqlReminders
from service.storage.revocations import SqlRevocations
from service.storage.sealed_secrets import SqlSecrets
from service.storage.second_factors import SqlSecondFactors
from service.storage.sessions import SqlSessions
from service.storage.short_tokens import SqlShortTokens
from service.storage.sign_in_counts import SqlSignInCounts
from service.storage.spent_lists import SqlSpentLists
from service.storage.status_lists import SqlStatusLists
from service.storage.tokens import SqlTokens
from service.storage.usage import SqlUsage
from service.storage.users import SqlUsers
from service.storage.webhooks import SqlWebhooks


class SqlTransaction:
    """Every repository over one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.users = SqlUsers(connection)
        self.identities = SqlIdentities(connection)
        self.absences = SqlAbsences(connection)
        self.invitations = SqlInvitations(connection)
        self.sessions = SqlSessions(connection)
        self.second_factors = SqlSecondFactors(connection)
        self.sign_in_counts = SqlSignInCounts(connection)
        self.known_origins = SqlKnownOrigins(connection)
        self.tokens = SqlTokens(connection)
        self.machines = SqlMachineUsers(connection)
        self.inventory = SqlInventory(connection)
        self.audit_trail = SqlAuditTrail(connection)
        self.carried = SqlCarriedScopes(connection)
        self.revocations = SqlRevocations(connection)
        self.status_lists = SqlStatusLists(connection)
        self.spent_lists = SqlSpentLists(connection)
        self.clients = SqlClients(connection)
        self.short_tokens = SqlShortTokens(connection)
        self.references = SqlReferences(connection)
        self.keys = SqlKeys(connection)
        self.recovery = SqlRecovery(connection)
        self.key_damage = SqlKeyDamage(connection)
        self.secrets = SqlSecrets(connection)
        self.catalogues = SqlCatalogues(connection)
        self.overlaps = SqlOverlaps(connection)
        self.publications = SqlPublications(connection)
        self.idempotency = SqlIdempotency(connection)
        self.usage = SqlUsage(connection)
        self.notices = SqlNotices(connection)
        self.deliveries = self.claims = SqlDeliveries(connection)
        self.contacts = SqlContacts(connection)
        self.webhooks = SqlWebhooks(connection)
        self.reminders = SqlReminders(connection)
        self.audit = SqlAudit(connection)

    async def now(self) -> int:
        row = await self._connection.only("now")
        return int(row["now"])

    async def note_signing(self, now: int) -> int:
        row = await self._connection.only("note_signing", now=now)
        return int(row["value"])

    async def heads(self) -> Mapping[str, int]:
        return {row["name"]: row["value"] for row in await self._connection.all("heads")}
