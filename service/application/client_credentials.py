"""The grant `client_credentials` (RFC 6749 section 4.4): a machine user's access token, too short to be revoked."""

from dataclasses import dataclass

from service.application.current import Current
from service.application.minting import Mint, MintedShort
from service.application.ports import Storage, Transaction
from service.domain.audit import AuditEntry
from service.domain.catalogue import CatalogueDocument
from service.domain.client import Client
from service.domain.errors import Busy, Faulty, NotSignedIn, Quota, ScopeExceedsGrant
from service.domain.grant_errors import InvalidScope, InvalidTarget, UnauthorizedClient
from service.domain.issuance import Expiry, TokenRequest, permit
from service.domain.short_token import ShortRequest, ShortToken
from service.domain.user import GrantKind, User

MINUTE = 60
MANAGEMENT = ("personal_access_tokens", "self_rotate")
"""What only a token with a record of its own may carry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedAccess:
    """`scopes` None: all that the machine's listed grant holds. `audience` None: the client's, if that is one."""

    scopes: tuple[str, ...] | None = None
    audience: str | None = None


class ClientCredentials:
    """At most `per_minute` tokens for one client, counted for all replicas."""

    def __init__(
        self, storage: Storage, current: Current, mint: Mint, *, lifetime: int, per_minute: int
    ) -> None:
        self._storage = storage
        self._current = current
        self._mint = mint
        self._lifetime = lifetime
        self._per_minute = per_minute

    async def __call__(self, client: Client, wanted: WantedAccess) -> MintedShort:
        """An access token whose `sub` is the machine user and whose `client_id` is the client.

        Raises:
            UnauthorizedClient: the client acts for no machine user, or that is disabled.
            InvalidScope: unknown, beyond the machine's grant, meaningless to the API, or for managing tokens.
            InvalidTarget: an API that is not registered or not the client's.
            Busy: it asks too often; a token is good for as long as it says.
            CannotSign: verify-only.
        """
        if client.machine_id is None:
            raise UnauthorizedClient("this client acts for no machine user")
        async with self._storage.transaction() as tx:
            machine = await tx.users.lock(client.machine_id)
            await tx.keys.lock()
            await self._current.refresh(tx)
            if client.id not in self._current.clients:
                raise NotSignedIn("this client was disabled meanwhile")
            if machine is None or machine.disabled_at is not None:
                raise UnauthorizedClient("this machine user is disabled")
            await self._demand_room(tx, client)
            audience = _audience(client, wanted.audience, self._current.catalogue)
            scopes = _scopes(machine, wanted.scopes, audience, self._current.catalogue, await tx.now())
            minted = await self._mint.short(
                tx,
                ShortRequest(
                    owner_id=machine.id,
                    client_id=client.id,
                    scopes=scopes,
                    audiences=(audience,),
                    lifetime=self._lifetime,
                ),
            )
            await tx.audit.append([_entry(client, minted.token)], minted.token.issued_at)
        return minted

    async def _demand_room(self, tx: Transaction, client: Client) -> None:
        if await tx.short_tokens.count(client.id, since=await tx.now() - MINUTE) >= self._per_minute:
            quota = Quota("access-tokens", self._per_minute, MINUTE)
            raise Busy("use an access token until it expires", retry_after=MINUTE // 4, quota=quota)


def _audience(client: Client, wanted: str | None, catalogue: CatalogueDocument) -> str:
    registered = {audience.id for audience in catalogue.audiences} & client.audiences
    if wanted is None and len(registered) == 1:
        return next(iter(registered))
    if wanted is None:
        raise InvalidTarget("say for which API")
    if wanted not in registered:
        raise InvalidTarget("this client gets no tokens for this API")
    return wanted


def _scopes(
    machine: User, wanted: tuple[str, ...] | None, audience: str, catalogue: CatalogueDocument, now: int
) -> tuple[str, ...]:
    """Canonical, in the order asked; judged as those of any other token of the machine's."""
    if wanted is None and machine.grant.kind is GrantKind.LISTED:
        wanted = meant_for(audience, machine.grant.scopes, catalogue)
    if not wanted:
        raise InvalidScope("say which scopes")
    request = TokenRequest(note="access", scopes=wanted, expiry=Expiry(at=now + 1), audiences=(audience,))
    try:
        rules = catalogue.policy.of(machine)
        permitted = permit(request, grant=machine.grant, rules=rules, catalogue=catalogue, now=now)
    except (Faulty, ScopeExceedsGrant) as error:
        raise InvalidScope(str(error)) from None
    if any(catalogue.scopes.covers(permitted.scopes, scope) for scope in MANAGEMENT):
        raise InvalidScope("a short access token manages no tokens")
    return permitted.scopes


def meant_for(audience: str, granted: tuple[str, ...], catalogue: CatalogueDocument) -> tuple[str, ...]:
    """Those of a grant that such a token can carry."""
    takes, known = catalogue.audience(audience).takes, set(catalogue.scopes.scopes())
    return tuple(
        scope
        for scope in granted
        if scope in known
        and takes(catalogue.scopes.scope(scope).family)
        and not any(catalogue.scopes.covers((scope,), management) for management in MANAGEMENT)
    )


def _entry(client: Client, made: ShortToken) -> AuditEntry:
    actor, subject = f"client:{client.id}", f"user:{made.owner_id}"
    return AuditEntry(actor=actor, action="access_token.issued", subject=subject, detail=made.detail())
