"""Token exchange (RFC 8693): a personal access token for a short one that may do less, to pass on."""

from dataclasses import dataclass

from service.application.client_credentials import meant_for
from service.application.current import Current
from service.application.minting import Mint, MintedShort
from service.application.ports import Storage
from service.application.recognition import Recognised, RecogniseToken
from service.domain.audit import AuditEntry
from service.domain.catalogue import CatalogueDocument
from service.domain.client import Client
from service.domain.errors import NotSignedIn
from service.domain.grant_errors import InvalidScope, InvalidSubject, InvalidTarget, UnauthorizedClient
from service.domain.short_token import ShortRequest, ShortToken

PERMISSION = "exchange"


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedExchange:
    """`scopes` None: those of the token that the API takes. `audience` None: the token's, if that is one."""

    subject: str
    scopes: tuple[str, ...] | None = None
    audience: str | None = None


class ExchangeToken:
    def __init__(
        self, storage: Storage, current: Current, recognise: RecogniseToken, mint: Mint, *, lifetime: int
    ) -> None:
        self._storage = storage
        self._current = current
        self._recognise = recognise
        self._mint = mint
        self._lifetime = lifetime

    async def __call__(self, client: Client, wanted: WantedExchange) -> MintedShort:
        """An access token for its owner, with scopes and audience within the token's, its addresses, and at most its
        life; it ends with the value or reference that it was made from (threats 24).

        Raises:
            UnauthorizedClient: the client may not exchange tokens.
            InvalidSubject: no token that holds now and is for this client; or one that manages tokens.
            InvalidScope: beyond the token's, or meaningless to the API.
            InvalidTarget: an API that the token is not for.
            CannotSign: verify-only.
        """
        if PERMISSION not in client.permissions:
            raise UnauthorizedClient("this client may not exchange tokens")
        subject = await self._subject(client, wanted.subject)
        claims, truth, catalogue = subject.reading.claims, subject.truth, self._current.catalogue
        audience = _audience(claims.aud, wanted.audience)
        scopes = _scopes(claims.scope, wanted.scopes, audience, catalogue)
        async with self._storage.transaction() as tx:
            await tx.keys.lock()
            await self._current.refresh(tx)
            if client.id not in self._current.clients:
                raise NotSignedIn("this client was disabled meanwhile")
            minted = await self._mint.short(
                tx,
                ShortRequest(
                    owner_id=truth.owner_id,
                    client_id=client.id,
                    scopes=scopes,
                    audiences=(audience,),
                    lifetime=min(self._lifetime, truth.expires_at - await tx.now()),
                    allowed_ips=claims.allowed_ips,
                    parent_jti=None if truth.by_reference else truth.jti,
                    parent_reference=truth.token_hash if truth.by_reference else None,
                ),
            )
            await tx.audit.append([_entry(client, truth.token_id, minted.token)], minted.token.issued_at)
        return minted

    async def _subject(self, client: Client, token: str) -> Recognised:
        """One answer for everything that is wrong with it: the client learns nothing of others' tokens."""
        subject = await self._recognise(token)
        if (
            subject is None
            or subject.truth.reason is not None
            or client.audiences.isdisjoint(subject.reading.claims.aud)
        ):
            raise InvalidSubject("no token for this client that holds now")
        if self._current.catalogue.scopes.covers(subject.reading.claims.scope, "personal_access_tokens"):
            raise InvalidSubject("a token that manages tokens is not exchanged")
        return subject


def _audience(granted: tuple[str, ...], wanted: str | None) -> str:
    if wanted is None and len(granted) == 1:
        return granted[0]
    if wanted is None:
        raise InvalidTarget("say for which API")
    if wanted not in granted:
        raise InvalidTarget("the token is not for this API")
    return wanted


def _scopes(
    granted: tuple[str, ...], wanted: tuple[str, ...] | None, audience: str, catalogue: CatalogueDocument
) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(granted if wanted is None else wanted))
    if beyond := catalogue.scopes.beyond(granted, names):
        raise InvalidScope(f"the token lacks {' '.join(beyond)}")
    kept = meant_for(audience, names, catalogue)
    if not kept or (wanted is not None and kept != names):
        raise InvalidScope("this API takes none or not all of these scopes from an exchanged token")
    return kept


def _entry(client: Client, token_id: str, made: ShortToken) -> AuditEntry:
    actor, subject = f"client:{client.id}", f"token:{token_id}"
    return AuditEntry(actor=actor, action="access_token.exchanged", subject=subject, detail=made.detail())
