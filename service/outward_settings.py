"""The settings by which mails are sent and other systems are called."""

import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from service.domain.contact import email_of
from service.domain.errors import Fault
from service.setting_values import network_faults

TLS: Final = ("starttls", "implicit", "none")
THIS_MACHINE: Final = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True, kw_only=True)
class OutwardSettings:
    """A part of `Settings`."""

    smtp_host: str = ""  # mails are sent when set
    smtp_port: int = 587
    smtp_tls: str = "starttls"  # starttls, implicit, or none, which is for this machine alone
    smtp_user: str = ""
    smtp_password_file: str = ""
    smtp_from: str = ""  # the address that mails come from
    mailed_link_lifetime: int = 86_400  # of invitations and forgotten passwords that go by mail
    webhook_networks: tuple[str, ...] = ()  # private networks into which webhooks may lead
    trusted_ca_file: str = ""  # PEM: trusted beside the system's

    def outward_faults(self) -> list[str]:
        """Everything that cannot work, by the names of the settings."""
        return [
            *(self._smtp_faults() if self.smtp_host else self._idle_faults()),
            *network_faults("WEBHOOK_NETWORKS", self.webhook_networks),
            *_trust_faults(self.trusted_ca_file),
        ]

    def _idle_faults(self) -> list[str]:
        given = ("smtp_user", "smtp_password_file", "smtp_from")
        return [f"{name.upper()}: means nothing without SMTP_HOST" for name in given if getattr(self, name)]

    def _smtp_faults(self) -> list[str]:
        host, tls, sender = self.smtp_host, self.smtp_tls, self.smtp_from
        faults = [] if 1 <= self.smtp_port <= 65_535 else [f"SMTP_PORT: {self.smtp_port} is no port"]
        if tls not in TLS:
            faults.append(f"SMTP_TLS: {tls!r} is none of {', '.join(TLS)}")
        elif tls == "none" and host not in THIS_MACHINE:
            told = f"{host} must be reached by starttls or implicit"
            faults.append(f"SMTP_TLS: none is for this machine alone; {told}")
        found: list[Fault] = []
        if email_of(sender, found) is None:
            faults.append(
                f"SMTP_FROM: {sender!r} is no e-mail address" if sender else "SMTP_FROM: is missing"
            )
        if bool(self.smtp_user) != bool(self.smtp_password_file):
            faults.append("SMTP_USER: goes with SMTP_PASSWORD_FILE, and one of them is missing")
        if self.smtp_password_file and (fault := _password_fault(Path(self.smtp_password_file))):
            faults.append(f"SMTP_PASSWORD_FILE: {fault}")
        return faults


def trust_of(file: str) -> ssl.SSLContext:
    """The certificates of the system, and those in the file. Raises OSError (ssl.SSLError among them)."""
    trust = ssl.create_default_context()
    if file:
        trust.load_verify_locations(cafile=file)
    return trust


def password_in(file: Path) -> str:
    """What the file holds, without the line end. Raises OSError, UnicodeDecodeError."""
    return file.read_text("utf-8").rstrip("\r\n")


def _password_fault(file: Path) -> str:
    try:
        return "" if password_in(file) else f"{file} is empty"
    except (OSError, UnicodeDecodeError) as error:
        return str(error)


def _trust_faults(file: str) -> list[str]:
    try:
        trust_of(file)
    except OSError as error:
        return [f"TRUSTED_CA_FILE: {file}: {error.strerror or error}"]
    return []
