"""Webhooks (Standard Webhooks): signed, without redirects, to allowed addresses alone, and nothing of the answer kept
but its status.
"""

import asyncio
import ssl
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import aiohttp

from keys import KeyFailure, MasterKeys
from service.application.ports import Storage, Transaction
from service.application.send_notices import Parcel, Undelivered
from service.domain.audit import AuditEntry
from service.domain.delivery import Channel
from service.domain.secret import Secret
from service.domain.webhook import Webhook, signature, webhook_row
from service.sending.guarded import GuardedResolver, Networks, url_fault
from service.sending.payload import payload_of

TIMEOUT: Final = 5.0
"""Seconds for a whole attempt."""
LONGEST_BODY: Final = 65_536
_AGENT: Final = "Safeconduct-Webhooks/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhooks:
    """A carrier of deliveries whose targets are webhooks. `allowed` are networks beside what is global."""

    storage: Storage
    masters: MasterKeys | None
    allowed: Networks
    trust: ssl.SSLContext
    channel: Channel = Channel.WEBHOOK

    async def carry(
        self, parcels: Sequence[Parcel]
    ) -> AsyncGenerator[tuple[Parcel, Undelivered | None], None]:
        if not parcels:
            return
        async with self.storage.reading() as read:
            webhooks = {each.id: each for each in await read.webhooks.all()}
        async with self._session() as session:
            attempts = [
                asyncio.create_task(self._attempt(session, parcel, webhooks.get(parcel.delivery.target)))
                for parcel in parcels
            ]
            try:
                for attempt in asyncio.as_completed(attempts):
                    yield await attempt
            finally:
                for each in attempts:
                    each.cancel()

    async def gone(self, tx: Transaction, target: str, now: int) -> list[AuditEntry]:
        """Whoever answers 410 is told nothing more until an administrator says so."""
        webhook = await tx.webhooks.lock(target)
        if webhook is None or webhook.disabled_at is not None:
            return []
        await tx.webhooks.change(replace(webhook, disabled_at=now))
        entry = AuditEntry(
            actor="scheduler",
            action="webhook.disabled",
            subject=f"webhook:{target}",
            detail={"reason": "it answered 410 Gone"},
        )
        return [entry]

    def _session(self) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            resolver=GuardedResolver(self.allowed), use_dns_cache=False, ssl=self.trust, force_close=True
        )
        return aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=TIMEOUT),
            auto_decompress=False,
            trust_env=False,
        )

    async def _attempt(
        self, session: aiohttp.ClientSession, parcel: Parcel, webhook: Webhook | None
    ) -> tuple[Parcel, Undelivered | None]:
        if webhook is None or webhook.disabled_at is not None:
            return parcel, Undelivered("there is no such webhook any more", final=True)
        if fault := url_fault(webhook.url, self.allowed):
            return parcel, Undelivered(f"its URL {fault}")
        try:
            await self._post(session, parcel, webhook)
        except Undelivered as undelivered:
            return parcel, undelivered
        return parcel, None

    async def _post(self, session: aiohttp.ClientSession, parcel: Parcel, webhook: Webhook) -> None:
        body = payload_of(parcel.message)
        if len(body) > LONGEST_BODY:
            raise Undelivered(f"it has more than {LONGEST_BODY} bytes", final=True)
        try:
            async with session.post(
                webhook.url, data=body, headers=self._headers(webhook, parcel, body), allow_redirects=False
            ) as response:
                status = response.status
        except TimeoutError:
            raise Undelivered(f"no answer within {TIMEOUT:.0f} seconds") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise Undelivered(_in_words(error)) from error
        if not 200 <= status < 300:
            redirect = "; redirects are not followed" if 300 <= status < 400 else ""
            raise Undelivered(f"it answered {status}{redirect}", gone=status == 410)

    def _headers(self, webhook: Webhook, parcel: Parcel, body: bytes) -> dict[str, str]:
        message_id = f"msg_{parcel.message.id}"
        signatures = [
            signature(secret, message_id=message_id, timestamp=parcel.now, body=body)
            for secret in self._secrets(webhook, parcel.now)
        ]
        return {
            "Content-Type": "application/json",
            "User-Agent": _AGENT,
            "webhook-id": message_id,
            "webhook-timestamp": str(parcel.now),
            "webhook-signature": " ".join(signatures),
        }

    def _secrets(self, webhook: Webhook, now: int) -> list[Secret]:
        """The present one, and the one before while it goes on."""
        if self.masters is None:
            raise Undelivered("there is no master key that opens its secret")
        sealed = [webhook.sealed_secret]
        if webhook.old_sealed_secret and webhook.old_secret_until and now < webhook.old_secret_until:
            sealed.append(webhook.old_sealed_secret)
        try:
            return [Secret(self.masters.open(each, webhook_row(webhook.id)).decode()) for each in sealed]
        except KeyFailure as error:
            raise Undelivered("the master key does not open its secret") from error


def _in_words(error: BaseException) -> str:
    """Why there was no answer, by nothing that the other side has said."""
    match error:
        case aiohttp.ClientConnectorCertificateError(
            certificate_error=ssl.SSLCertVerificationError() as fault
        ):
            return f"its certificate is not valid: {fault.verify_message}"
        case aiohttp.ClientConnectorDNSError(os_error=fault) | aiohttp.ClientConnectorError(os_error=fault):
            return f"cannot be reached: {fault.strerror or fault}"
        case aiohttp.ServerDisconnectedError():
            return "it hung up"
    return f"no answer that is HTTP ({type(error).__name__})"
