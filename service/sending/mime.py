"""A letter as a mail: plain text and HTML beside each other, nothing to load from anywhere."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import jinja2

from service.sending.letter import Letter

_HTML: Final = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
).get_template("mail.html")
_ACCENT: Final = "#0f6a67"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stationery:
    """What all mails have in common: `sender` is an address, `accent` a colour or empty."""

    issuer: str
    brand: str
    sender: str
    accent: str = ""

    @property
    def host(self) -> str:
        return urlsplit(self.issuer).hostname or "localhost"


def mail_of(letter: Letter, to: str, paper: Stationery, *, mail_id: str, now: int) -> EmailMessage:
    """Each time it is sent it has the same Message-ID, by which a mailbox drops doubles.

    Raises:
        ValueError: a header would hold a line break.
    """
    mail = EmailMessage(policy=SMTP)
    mail["From"] = Address(display_name=paper.brand, addr_spec=paper.sender)
    mail["To"] = Address(addr_spec=to)
    mail["Subject"] = letter.subject
    mail["Date"] = format_datetime(datetime.fromtimestamp(now, UTC))
    mail["Message-ID"] = f"<{mail_id}@{paper.host}>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's absence is answered to us
    mail.set_content("\n\n".join(_plain(letter)) + "\n", cte="quoted-printable")
    mail.add_alternative(
        _HTML.render(letter=letter, brand=paper.brand, accent=paper.accent or _ACCENT),
        subtype="html",
        cte="quoted-printable",
    )
    mail["Content-Language"] = letter.language  # now: content headers set before are those of the first part
    return mail


def _plain(letter: Letter) -> Iterator[str]:
    yield from letter.paragraphs
    if letter.tokens:
        yield "\n".join(f"* {token}" for token in letter.tokens)
    if letter.button is not None:
        yield "{}:\n{}".format(*letter.button)
    yield "-- \n" + "\n".join(letter.small_print)
