"""The form of a token: what was typed, what it asks for, and how it looks before anything was typed."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo
from typing import Final, Self

from service.domain.catalogue import CatalogueDocument
from service.domain.errors import Fault
from service.domain.issuance import DAY, Expiry, TokenRequest
from service.domain.token import Token
from service.ui.choices import Choices, end_after
from service.ui.days import NoSuchDay, end_of, last_day, read_day, start_of
from service.web.page_forms import Form

CUSTOM: Final = "custom"
NEVER_ENDS: Final = "never"
BY_DATE: Final = "date"
AS_IT_IS: Final = "keep"


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenForm:
    """Fields as typed. `rights` names a set, or is CUSTOM with `scopes`; `expires` is a number of days, BY_DATE,
    NEVER_ENDS or AS_IT_IS. `key` makes one token of two clicks; `from_link` says that a link filled it in.
    """

    note: str = ""
    rights: str = CUSTOM
    scopes: tuple[str, ...] = ()
    expires: str = ""
    date: str = ""
    audience: str = ""
    start: str = ""
    addresses: str = ""
    reference: bool = False
    key: str = ""
    from_link: bool = False

    @classmethod
    def blank(cls, choices: Choices) -> Self:
        """Read only, for the usual time."""
        rights = f"set:{choices.sets[0][0].name}" if choices.sets else CUSTOM
        return cls(rights=rights, expires=str(choices.usual), key=new_key())

    @classmethod
    def typed(cls, form: Form) -> Self:
        return cls(
            note=form.text("note"),
            rights=form.text("rights"),
            scopes=form.texts("scopes"),
            expires=form.text("expires"),
            date=form.text("date").strip(),
            audience=form.text("audience"),
            start=form.text("start").strip(),
            addresses=form.text("addresses"),
            reference=bool(form.text("reference")),
            key=form.text("key"),
            from_link=bool(form.text("from_link")),
        )

    @classmethod
    def of(cls, token: Token, zone: tzinfo) -> Self:
        """The settings of a token, for another one or for a change of it."""
        ends = token.expires_at
        return cls(
            note=token.note,
            scopes=token.scopes,
            expires=NEVER_ENDS if ends is None else BY_DATE,
            date="" if ends is None else last_day(ends, zone).strftime("%d-%m-%Y"),
            audience=token.audiences[0] if len(token.audiences) == 1 else "",
            addresses="\n".join(token.allowed_ips),
            reference=token.reference_hint is not None,
            key=new_key(),
        )

    def wanted_scopes(self, catalogue: CatalogueDocument) -> tuple[str, ...]:
        """The set's, or those that were ticked, the fewest that say it all."""
        for each in catalogue.sets:
            if self.rights == f"set:{each.name}":
                return each.scopes
        return catalogue.scopes.reduced(self.scopes)

    def request(self, catalogue: CatalogueDocument, now: int, zone: tzinfo, *, longest: int) -> TokenRequest:
        """What is asked for, with the faults of what cannot be read; the use case judges the rest."""
        faults: list[Fault] = []
        expiry = self._expiry(now, zone, longest, faults)
        start = self._start(zone, faults)
        return TokenRequest(
            note=self.note,
            scopes=self.wanted_scopes(catalogue),
            expiry=expiry,
            audiences=(self.audience,) if self.audience else (),
            not_before=start,
            allowed_ips=tuple(self.addresses.replace(",", " ").split()),
            reference=self.reference or None,
            faults=tuple(faults),
        )

    def _expiry(self, now: int, zone: tzinfo, longest: int, faults: list[Fault]) -> Expiry | None:
        if self.expires == NEVER_ENDS:
            return Expiry()
        if self.expires.isascii() and self.expires.isdecimal() and len(self.expires) <= 5:
            days = int(self.expires)
            return Expiry(at=end_after(days, now, zone, longest) if days <= longest else now + days * DAY)
        if self.expires != BY_DATE or not self.date:
            faults.append(Fault("expires_at", "required", "choose until when"))
            return None
        try:
            day = read_day(self.date)
            end = end_of(day, zone)
        except (NoSuchDay, OverflowError, ValueError):
            faults.append(Fault("expires_at", "no_such_day", "write dd-mm-yyyy"))
            return None
        latest = now + longest * DAY
        return Expiry(at=latest if day == last_day(latest, zone) else end)

    def _start(self, zone: tzinfo, faults: list[Fault]) -> int | None:
        if not self.start:
            return None
        try:
            return start_of(read_day(self.start), zone)
        except (NoSuchDay, OverflowError, ValueError):
            faults.append(Fault("not_before", "no_such_day", "write dd-mm-yyyy"))
            return None


def new_key() -> str:
    """An Idempotency-Key for one filling-in of the form."""
    return secrets.token_urlsafe(24)


def with_rights(form: TokenForm, scopes: Sequence[str], catalogue: CatalogueDocument) -> TokenForm:
    """The form with these scopes ticked, as a set where they are one."""
    for each in catalogue.sets:
        if set(each.scopes) == set(scopes):
            return replace(form, rights=f"set:{each.name}", scopes=tuple(scopes))
    return replace(form, rights=CUSTOM, scopes=tuple(scopes))
