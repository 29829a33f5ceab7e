"""The mail server: whether it is reached, trusted, and takes our password. Nothing is sent."""

import stat
from collections.abc import Sequence
from pathlib import Path

from service.application.send_notices import Undelivered
from service.cli.doctor.finding import Finding, fail, ok, warn
from service.sending.smtp import leave
from service.settings import Settings
from service.wiring.notices import mail_server_of

ABOUT = "mail"


async def look_at_mail(settings: Settings) -> Sequence[Finding]:
    """One finding where there is a mail server, and another where its password lies open."""
    if not settings.smtp_host:
        return []
    server = mail_server_of(settings)
    found = [*_password_file(settings)]
    try:
        await leave(await server.connect())
    except Undelivered as fault:
        return [
            *found,
            fail(ABOUT, str(fault), "see docs/notices.md; `safeconduct mail test ADDRESS` tries again"),
        ]
    how = {"none": "without TLS"}.get(server.tls, f"by {server.tls} TLS".replace("starttls TLS", "STARTTLS"))
    signed_in = f" as {server.user}" if server.user else ""
    return [*found, ok(ABOUT, f"{server.place} is reached {how}{signed_in}")]


def _password_file(settings: Settings) -> Sequence[Finding]:
    if not settings.smtp_password_file:
        return []
    path = Path(settings.smtp_password_file)
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        return [warn(ABOUT, f"{path} can be read by other accounts", f"chmod 600 {path}")]
    return []
