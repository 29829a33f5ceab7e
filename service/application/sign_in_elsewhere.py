"""Sign in, and confirm, by what a provider says."""

from service.application.arrivals import Arrivals
from service.application.attempts import Origin
from service.application.ports import Storage
from service.application.provider_dialogue import AuthorizationAnswer, ProviderDialogue
from service.application.sign_in import OpenedSession, Sessions
from service.clock import Clock
from service.domain.elsewhere_errors import SignInElsewhereFailed, Why
from service.domain.id_token import LEEWAY, Identity
from service.domain.identifiers import Randomness
from service.domain.principal import SignedIn
from service.domain.secret import new_secret
from service.domain.session import Carrier
from service.domain.sign_in_attempt import Attempt, Purpose


class SignInElsewhere:
    def __init__(
        self,
        storage: Storage,
        dialogue: ProviderDialogue,
        arrivals: Arrivals,
        sessions: Sessions,
        *,
        randomness: Randomness,
        clock: Clock,
    ) -> None:
        self._storage = storage
        self._dialogue = dialogue
        self._arrivals = arrivals
        self._sessions = sessions
        self._randomness = randomness
        self._clock = clock

    async def begin(self, provider_id: str, purpose: Purpose, wanted: str) -> tuple[Attempt, str]:
        """What the browser has to keep, and where it goes.

        Raises:
            NotFound: no such provider.
            IssuerUnavailable: where it is cannot be told now.
        """
        attempt = Attempt(
            purpose=purpose,
            provider=provider_id,
            started_at=self._clock(),
            secret=new_secret(self._randomness),
            wanted=wanted,
        )
        return attempt, await self._dialogue.way_out(attempt)

    async def finish(
        self,
        provider_id: str,
        attempt: Attempt | None,
        answer: AuthorizationAnswer,
        *,
        who: SignedIn | None,
        origin: Origin,
    ) -> OpenedSession:
        """A session in a cookie for whoever the answer proves; where it was to confirm, `who`'s goes on.

        Raises:
            NotFound: no such provider.
            SignInElsewhereFailed: the answer is no, or proves nothing, or lets nobody in.
            IssuerUnavailable: this cannot be told now.
            NotSignedIn: there is no session to confirm any more.
        """
        identity = await self._dialogue.way_back(provider_id, attempt, answer)
        if attempt is not None and attempt.purpose is Purpose.CONFIRM:
            return await self._confirm(identity, attempt, who)
        return await self._sign_in(identity, provider_id, origin)

    async def _sign_in(self, identity: Identity, provider_id: str, origin: Origin) -> OpenedSession:
        provider = self._dialogue.known(provider_id).provider
        user_id = await self._arrivals(identity, provider.arrival, actor=provider.actor)
        async with self._storage.transaction() as tx:
            user = await tx.users.lock(user_id)
            if user is None or user.disabled_at is not None:
                raise SignInElsewhereFailed(Why.DISABLED)
            return await self._sessions.open(tx, user, Carrier.COOKIE, origin, came_as=identity)

    async def _confirm(self, identity: Identity, attempt: Attempt, who: SignedIn | None) -> OpenedSession:
        """Who they are was asked anew, after the change that needs it was (RFC 9470; threats 14)."""
        if who is None:
            raise SignInElsewhereFailed(Why.NOT_BEGUN_HERE)
        if identity.authenticated_at is None or identity.authenticated_at < attempt.started_at - LEEWAY:
            raise SignInElsewhereFailed(Why.TOO_OLD)
        async with self._storage.transaction() as tx:
            await tx.users.lock(who.user.id)
            if await tx.identities.user_id(identity.issuer, identity.subject) != who.user.id:
                raise SignInElsewhereFailed(Why.SOMEBODY_ELSE)
            return await self._sessions.go_on(tx, who)
