"""Platforms' own access tokens as credentials of their users here (threats 14)."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import structlog
from safeconduct import KeySet
from safeconduct.base64url import decode
from safeconduct.errors import InvalidToken, UnknownKey
from safeconduct.strict_json import read_object

from service.application.absence import here_again
from service.application.arrivals import Arrivals
from service.application.current import Current
from service.application.foreign_issuer import ForeignIssuer
from service.application.identity_ports import Found
from service.application.ports import Storage
from service.clock import Clock
from service.domain.elsewhere_errors import SignInElsewhereFailed
from service.domain.errors import NotAllowed
from service.domain.foreign_jws import read_jws
from service.domain.foreign_keys import shares_a_key
from service.domain.id_token import Identity
from service.domain.platform_token import LONGEST, judge_platform_token
from service.domain.principal import SignedIn
from service.domain.provider import Platform
from service.domain.session import Carrier, Session

log = structlog.get_logger("elsewhere")

NOTED_EVERY: Final = 3_600
"""Seconds between two notes that somebody is here, and two looks at what their claims let them hand out."""
_DEEPEST: Final = 16


@dataclass(frozen=True, slots=True)
class KnownPlatform:
    platform: Platform
    issuer: ForeignIssuer


class PlatformCredentials:
    """Of every platform there is."""

    def __init__(
        self,
        storage: Storage,
        current: Current,
        known: Iterable[KnownPlatform],
        arrivals: Arrivals,
        clock: Clock,
    ) -> None:
        self._storage = storage
        self._current = current
        self._known = {each.platform.issuer: each for each in known}
        self._arrivals = arrivals
        self._clock = clock
        self._apart: tuple[KeySet, KeySet] | None = None

    def claims_to_be(self, text: str) -> bool:
        """Whether a token says that a platform issued it. Nothing of it is believed by that."""
        if not self._known:
            return False
        try:
            return read_object(decode(text.split(".")[1]), depth=_DEEPEST).get("iss") in self._known
        except (ValueError, IndexError):
            return False

    async def __call__(self, text: str) -> SignedIn:
        """Who shows it, as a session of as long as it lasts, confirmed when they last proved who they are there.

        Raises:
            InvalidToken: it is no credential here, or its user is disabled.
            NotAllowed: nobody is known here under that name, and none is made.
            IssuerUnavailable: this cannot be told now.
        """
        jws = read_jws(text, longest=LONGEST)
        known = self._known.get(str(jws.claims.get("iss")))
        if known is None:
            raise InvalidToken("no platform of this name is trusted")
        await known.issuer.verify(jws, known.platform.algorithms)
        self._demand_keys_apart(await known.issuer.keys(), known.platform)
        identity = judge_platform_token(jws, known.platform, self._clock())
        found = await self._find(identity, known.platform)
        return SignedIn(found.user, _session(identity, found), found.read_at)

    async def use_confirmation(self, who: SignedIn, window: int) -> bool:
        """Whether they proved who they are at most `window` seconds ago; that is used up, at every replica."""
        confirmed_at = who.session.confirmed_at
        if not who.confirmed_within(window):
            return False
        used = hashlib.sha256(f"confirmation\n{who.session.id}\n{confirmed_at}".encode()).hexdigest()
        async with self._storage.transaction() as tx:
            return await tx.clients.use_assertion(used, expires_at=confirmed_at + window + 1)

    async def _find(self, identity: Identity, platform: Platform) -> Found:
        found = await self._read(identity)
        if found is None or found.read_at - (found.signed_in_at or 0) >= NOTED_EVERY:
            await self._arrive(identity, platform)
            found = await self._read(identity)
        if found is None:
            raise InvalidToken("its user is disabled here")
        return found

    async def _read(self, identity: Identity) -> Found | None:
        async with self._storage.reading() as read:
            return await read.identities.find(identity.issuer, identity.subject)

    async def _arrive(self, identity: Identity, platform: Platform) -> None:
        """As a sign-in does: an account where one is made, what the claims let it hand out, and that they are here."""
        try:
            user_id = await self._arrivals(
                identity, platform.arrival, actor=f"platform:{platform.issuer}"[:255]
            )
        except SignInElsewhereFailed:
            raise NotAllowed("nobody is known here under this iss and sub; sign in here once") from None
        async with self._storage.transaction() as tx:
            user = await tx.users.lock(user_id)
            if user is None or user.disabled_at is not None:
                return
            now = await tx.now()
            await tx.audit.append(await here_again(tx, user_id, now), now)

    def _demand_keys_apart(self, keys: KeySet, platform: Platform) -> None:
        """A platform that signs with a key of ours could make every personal access token a credential."""
        ours = self._current.key_set
        if self._apart is not None and self._apart[0] is keys and self._apart[1] is ours:
            return
        if shares_a_key(keys, ours):
            log.error("platform_shares_a_key", issuer=platform.issuer)
            raise UnknownKey("the platform shares a key with this service")
        self._apart = (keys, ours)


def _session(identity: Identity, found: Found) -> Session:
    """What stands in for a session: never stored, and nobody's to end."""
    name = hashlib.sha256(f"{identity.issuer}\n{identity.subject}".encode()).hexdigest()[:32]
    return Session(
        id=name,
        secret_hash="",
        user_id=found.user.id,
        carrier=Carrier.PLATFORM,
        created_at=identity.claims["iat"],
        confirmed_at=min(identity.authenticated_at or 0, found.read_at),
        seen_at=found.read_at,
        expires_at=identity.claims["exp"],
    )
