"""How a person is written to."""

import re
from dataclasses import dataclass
from typing import Final

from service.domain.errors import Fault

LANGUAGES: Final = ("en", "de")
LONGEST_EMAIL: Final = 254
"""Characters that a path of RFC 5321 section 4.5.3.1.3 leaves for an address."""

_LOCAL: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*", re.ASCII)
_LABEL: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """`email` None: nobody writes to them. `reminders`: whether they want mails about ends that come near."""

    user_id: str
    email: str | None = None
    language: str = LANGUAGES[0]
    reminders: bool = True


def email_of(text: str | None, faults: list[Fault], *, where: str = "email") -> str | None:
    """The address that is written so; None, and a fault, for what is none that every server delivers to.

    The plain form of RFC 5321 section 4.1.2 alone: no quoted local part, no address literal, a name with a dot as its
    domain (an internationalised one in its A-labels).
    """
    address = (text or "").strip()
    if not address:
        return None
    local, at, domain = address.rpartition("@")
    if len(address) > LONGEST_EMAIL:
        faults.append(Fault(where, "too_long", f"{LONGEST_EMAIL} characters at most"))
    elif not (at and len(local) <= 64 and _LOCAL.fullmatch(local) and _is_domain(domain)):
        faults.append(Fault(where, "invalid_value", "is no e-mail address"))
    else:
        return f"{local}@{domain.lower()}"
    return None


def hidden(email: str) -> str:
    """So much of an address that its owner knows it again: a…@example.com."""
    local, _, domain = email.rpartition("@")
    return f"{local[:1]}…@{domain}"


def _is_domain(domain: str) -> bool:
    labels = domain.split(".")
    return len(labels) > 1 and all(map(_LABEL.fullmatch, labels)) and not labels[-1].isdigit()
