"""The way out to an OpenID provider and back: authorization code with PKCE, state, nonce and the issuer's name."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode, urlsplit

import structlog
from safeconduct.errors import InvalidToken
from safeconduct.strict_json import read_object
from safeconduct.transport import Request, Response, TransportFailed, accepted, basic

from service.application.foreign_issuer import JSON, LARGEST, Fetch, ForeignIssuer, ProviderMetadata
from service.application.ports import Storage
from service.clock import Clock
from service.domain.elsewhere_errors import SignInElsewhereFailed, Why
from service.domain.errors import NotFound
from service.domain.foreign_jws import read_jws
from service.domain.id_token import LONGEST, Identity, judge_id_token
from service.domain.provider import Provider
from service.domain.sign_in_attempt import LASTS, Attempt, Purpose

log = structlog.get_logger("elsewhere")

_FORM: Final = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class AuthorizationAnswer:
    """What the browser brings back (RFC 6749 section 4.1.2, RFC 9207 section 2)."""

    state: str
    code: str | None
    error: str | None
    issuer: str | None


@dataclass(frozen=True, slots=True)
class KnownProvider:
    provider: Provider
    issuer: ForeignIssuer


class ProviderDialogue:
    """With every provider there is, by its id. `own_address` is our issuer, below which answers come in."""

    def __init__(
        self,
        storage: Storage,
        known: Mapping[str, KnownProvider],
        fetch: Fetch,
        clock: Clock,
        *,
        own_address: str,
    ) -> None:
        self._storage = storage
        self._known = known
        self._fetch = fetch
        self._clock = clock
        self._own_address = own_address

    def known(self, provider_id: str) -> KnownProvider:
        """Raises NotFound."""
        if (known := self._known.get(provider_id)) is None:
            raise NotFound("no such provider")
        return known

    async def way_out(self, attempt: Attempt) -> str:
        """Where the browser goes.

        Raises:
            NotFound: no such provider.
            IssuerUnavailable: where it is cannot be told now.
        """
        known = self.known(attempt.provider)
        provider, metadata = known.provider, await known.issuer.metadata()
        asked = {
            "response_type": "code",
            "client_id": provider.client_id,
            "redirect_uri": self._redirect_uri(provider),
            "scope": " ".join(provider.scopes),
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": attempt.challenge,
            "code_challenge_method": "S256",
        }
        if attempt.purpose is Purpose.CONFIRM:
            asked |= {"prompt": "login", "max_age": "0"}
        return with_query(metadata.authorization_endpoint, asked)

    async def way_back(
        self, provider_id: str, attempt: Attempt | None, answer: AuthorizationAnswer
    ) -> Identity:
        """Who signed in there, if `answer` is the one to `attempt`, which is used up by it.

        Raises:
            NotFound: no such provider.
            SignInElsewhereFailed: the answer is no, or proves nothing.
            IssuerUnavailable: this cannot be told now.
        """
        known = self.known(provider_id)
        if attempt is None or attempt.provider != provider_id or not _same(answer.state, attempt.state):
            raise SignInElsewhereFailed(Why.NOT_BEGUN_HERE)
        metadata = await known.issuer.metadata()
        await self._use_up(attempt)
        named = answer.issuer == known.provider.issuer
        if not named and (answer.issuer is not None or metadata.names_itself):
            raise self._worthless(known, "the answer is another issuer's (RFC 9207)")
        if answer.error is not None:
            raise SignInElsewhereFailed(Why.DENIED)
        if answer.code is None:
            raise self._worthless(known, "neither code nor error")
        return await self._redeem(known, metadata, attempt, answer.code)

    async def _use_up(self, attempt: Attempt) -> None:
        """Once, at any replica."""
        used = hashlib.sha256(f"sign-in attempt\n{attempt.state}".encode()).hexdigest()
        async with self._storage.transaction() as tx:
            fresh = await tx.clients.use_assertion(used, expires_at=attempt.started_at + LASTS)
        if not fresh or not attempt.lasts(self._clock()):
            raise SignInElsewhereFailed(Why.NOT_BEGUN_HERE, "the answer was used before, or comes too late")

    async def _redeem(
        self, known: KnownProvider, metadata: ProviderMetadata, attempt: Attempt, code: str
    ) -> Identity:
        provider = known.provider
        try:
            tokens = await self._ask(self._token_request(provider, metadata, attempt, code))
            jws = read_jws(_text(tokens, "id_token"), longest=LONGEST)
            await known.issuer.verify(jws, provider.algorithms)
            identity = judge_id_token(
                jws,
                issuer=provider.issuer,
                client_id=provider.client_id,
                nonce=attempt.nonce,
                now=self._clock(),
            )
            if provider.userinfo and metadata.userinfo_endpoint is not None:
                return await self._with_userinfo(
                    identity, metadata.userinfo_endpoint, _text(tokens, "access_token")
                )
        except (InvalidToken, ValueError) as error:
            raise self._worthless(known, f"{type(error).__name__}: {error}") from None
        except TransportFailed as error:
            log.warning("provider_unreachable", provider=provider.id, reason=str(error))
            raise SignInElsewhereFailed(Why.UNAVAILABLE) from None
        return identity

    def _token_request(
        self, provider: Provider, metadata: ProviderMetadata, attempt: Attempt, code: str
    ) -> Request:
        """RFC 6749 section 4.1.3 with RFC 7636 section 4.5."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect_uri(provider),
            "code_verifier": attempt.verifier,
        }
        authorization = None
        if provider.client_secret is not None and metadata.takes_basic:
            authorization = basic(provider.client_id, provider.client_secret.reveal())
        else:
            form["client_id"] = provider.client_id
            if provider.client_secret is not None:
                form["client_secret"] = provider.client_secret.reveal()
        return Request(
            metadata.token_endpoint,
            JSON,
            LARGEST,
            body=urlencode(form).encode(),
            content_type=_FORM,
            authorization=authorization,
        )

    async def _with_userinfo(self, identity: Identity, address: str, access_token: str) -> Identity:
        """The claims that only the UserInfo endpoint tells; those of the id_token stay (Core section 5.3)."""
        request = Request(address, JSON, LARGEST, authorization=f"Bearer {access_token}")
        told = await self._ask(request)
        if told.get("sub") != identity.subject:
            raise ValueError("userinfo is of another subject")
        return Identity(
            issuer=identity.issuer,
            subject=identity.subject,
            authenticated_at=identity.authenticated_at,
            sid=identity.sid,
            claims={**told, **identity.claims},
        )

    async def _ask(self, request: Request) -> dict[str, object]:
        """Raises ValueError for a refusal, and for what is no document; TransportFailed for no answer."""
        response: Response = await self._fetch(request)
        if 400 <= response.status < 500:
            raise ValueError(f"the provider refused with {response.status}")
        return read_object(accepted(request, response).body, depth=16)

    def _redirect_uri(self, provider: Provider) -> str:
        return f"{self._own_address}/sign-in/with/{provider.id}/answer"

    def _worthless(self, known: KnownProvider, why: str) -> SignInElsewhereFailed:
        log.warning("provider_answer_refused", provider=known.provider.id, reason=why)
        return SignInElsewhereFailed(Why.ANSWER, why)


def with_query(address: str, asked: Mapping[str, str]) -> str:
    """The address with more parameters (RFC 6749 section 3.1)."""
    return f"{address}{'&' if urlsplit(address).query else '?'}{urlencode(asked)}"


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), expected.encode())


def _text(members: Mapping[str, object], name: str) -> str:
    value = members.get(name)
    if not isinstance(value, str):
        raise ValueError(f"{name} is missing")  # noqa: TRY004 - callers get one kind of error
    return value
