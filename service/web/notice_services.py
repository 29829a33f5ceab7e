"""How people and systems are told."""

from dataclasses import dataclass

from service.application.contacts import Contacts
from service.application.mailed_links import ForgottenPassword
from service.application.webhooks import Webhooks


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeServices:
    """`forgotten_password` is None where nobody can be mailed a link."""

    contacts: Contacts
    webhooks: Webhooks
    forgotten_password: ForgottenPassword | None
