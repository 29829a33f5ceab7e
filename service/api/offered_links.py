"""What an administrator is answered who asked for a one-time link."""

import msgspec

from service.domain.secret import Secret
from service.settings import Settings
from service.web.links import invitation_link


class PasswordLink(msgspec.Struct, kw_only=True):
    """`expires_in` is in seconds. Where it went by mail, which nobody else reads, `link` is null."""

    link: str | None
    mailed: bool
    expires_in: int


def offered_link(secret: Secret | None, settings: Settings) -> PasswordLink:
    """The link, or, without a secret, that it was mailed."""
    if secret is None:
        return PasswordLink(link=None, mailed=True, expires_in=settings.mailed_link_lifetime)
    link = invitation_link(settings.issuer, secret)
    return PasswordLink(link=link, mailed=False, expires_in=settings.invitation_lifetime)
