"""A deployment that writes to people and calls webhooks."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from service.domain.user import Role, User
from tests.application.deployment import Deployment
from tests.application.mailbox import PASSWORD, USER, Mailbox

ANN = "ann@example.com"
LOOPBACK = ("127.0.0.0/8", "::1/128")


def mailing(on: Deployment, box: Mailbox, pem: Path, *, tls: str = "starttls", **settings: object) -> None:
    """Let the deployment send its mails there."""
    password = pem.with_name("smtp-password")
    password.write_text(PASSWORD + "\n")
    password.chmod(0o644)
    on.settings = replace(
        on.settings,
        **{
            "smtp_host": "localhost",
            "smtp_port": box.port,
            "smtp_tls": tls,
            "smtp_user": USER,
            "smtp_password_file": str(password),
            "smtp_from": "tokens@tokens.example",
            "trusted_ca_file": str(pem),
            "webhook_networks": LOOPBACK,
        }
        | settings,
    )
    assert not on.settings.faults()


@asynccontextmanager
async def telling(on: Deployment) -> AsyncIterator[Deployment]:
    """The deployment with one process."""
    async with on.process() as process:
        on.opened = process
        yield on


async def somebody(on: Deployment, email: str = ANN, *, language: str = "en", role: Role = Role.USER) -> User:
    """A person with an address, who has followed their invitation: nothing waits to be told to them."""
    user = await on.user(role=role)
    await on.services.notices.contacts.change(user.id, email=email, language=language, actor="test")
    return user
