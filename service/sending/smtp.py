"""The operator's mail server (RFC 5321), over TLS unless it is on this machine."""

import asyncio
import ssl
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Final

import aiosmtplib

from service.application.send_notices import Undelivered
from service.domain.secret import Secret
from service.redaction import redact

TIMEOUT: Final = 15.0
"""Seconds for which the server may be silent."""
_LONGEST_REASON: Final = 200
_GOODBYE: Final = 3.0
_MISSING: Final = {
    "STARTTLS": "offers no STARTTLS",
    "AUTH extension": "takes no user name on this connection",
}
"""By what the library says, what the server cannot do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """How it is reached. `tls` is starttls, implicit or none; `trust` whose certificates are taken."""

    host: str
    port: int
    tls: str
    trust: ssl.SSLContext
    user: str = ""
    password: Secret | None = None
    own_name: str = "localhost"

    @property
    def place(self) -> str:
        return f"{self.host}:{self.port}"

    async def connect(self) -> aiosmtplib.SMTP:
        """A connection that is encrypted and signed in as the settings ask.

        Raises:
            Undelivered: in words, what is wrong with server or settings.
        """
        client = aiosmtplib.SMTP(
            hostname=self.host,
            port=self.port,
            use_tls=self.tls == "implicit",
            start_tls=self.tls == "starttls",
            tls_context=self.trust if self.tls != "none" else None,
            username=self.user or None,
            password=self.password.reveal() if self.password else None,
            local_hostname=self.own_name,
            timeout=TIMEOUT,
        )
        try:
            await client.connect()
        except BaseException as error:
            client.close()
            if not isinstance(error, aiosmtplib.SMTPException | OSError | ValueError):
                raise
            raise Undelivered(f"mail server {self.place}: {in_words(error)}", whole=True) from error
        return client


async def hand_over(client: aiosmtplib.SMTP, mail: EmailMessage, place: str) -> None:
    """Raises Undelivered: the server did not take responsibility for it."""
    try:
        await client.send_message(mail)
    except aiosmtplib.SMTPRecipientsRefused as refused:
        [first, *_] = refused.recipients
        reason = f"mail server {place} refuses the address: {_said(first)}"
        raise Undelivered(reason, final=first.code >= 500) from refused
    except aiosmtplib.SMTPSenderRefused as refused:
        reason = f"mail server {place} refuses our own address: {_said(refused)}"
        raise Undelivered(reason, whole=True) from refused
    except aiosmtplib.SMTPDataError as refused:
        reason = f"mail server {place} refuses the mail: {_said(refused)}"
        raise Undelivered(reason, final=refused.code >= 500) from refused
    except (aiosmtplib.SMTPException, OSError) as error:
        raise Undelivered(f"mail server {place}: {in_words(error)}", whole=True) from error


async def hand_over_each(
    server: MailServer, mails: Sequence[EmailMessage], *, within: float
) -> AsyncGenerator[Undelivered | None, None]:
    """Over one connection, of each what became of it; nothing more is tried after what is the server's own fault."""
    deadline = asyncio.get_running_loop().time() + within
    client: aiosmtplib.SMTP | None = None
    fault: Undelivered | None = None
    try:
        for mail in mails:
            if fault is None or not fault.whole:
                fault = None
                try:
                    async with asyncio.timeout_at(deadline):
                        client = client or await server.connect()
                        await hand_over(client, mail, server.place)
                except TimeoutError:
                    fault = Undelivered(f"mail server {server.place}: is too slow", whole=True)
                except Undelivered as undelivered:
                    fault = undelivered
            yield fault
    finally:
        if client is not None:
            await leave(client)


def in_words(error: BaseException) -> str:
    """What is wrong, for who can mend it; no secret, one line."""
    certificate = _cause(error, ssl.SSLCertVerificationError)
    if certificate is not None:
        return f"its certificate is not valid: {certificate.verify_message}"
    match error:
        case aiosmtplib.SMTPAuthenticationError():
            return f"refuses the user name or the password: {_said(error)}"
        case aiosmtplib.SMTPResponseException():
            return _said(error)
        case TimeoutError():
            return f"does not answer within {TIMEOUT:.0f} seconds"
    told = next((words for mark, words in _MISSING.items() if mark in str(error)), "")
    return told or _line(str(error)) or type(error).__name__


def _said(error: aiosmtplib.SMTPResponseException) -> str:
    return _line(f"{error.code} {error.message}")


def _line(text: str) -> str:
    printable = "".join(each if each.isprintable() else " " for each in text)
    return redact(" ".join(printable.split())[:_LONGEST_REASON])


def _cause(
    error: BaseException | None, kind: type[ssl.SSLCertVerificationError]
) -> ssl.SSLCertVerificationError | None:
    while error is not None and not isinstance(error, kind):
        error = error.__cause__ or error.__context__
    return error


async def leave(client: aiosmtplib.SMTP) -> None:
    """Say goodbye to a server that still listens; the connection is closed in any case."""
    try:
        async with asyncio.timeout(_GOODBYE):
            await client.quit()
    except (aiosmtplib.SMTPException, OSError):
        return
    finally:
        client.close()
