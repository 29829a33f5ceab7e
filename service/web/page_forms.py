"""The forms of our pages: what they said, and the proof that a page of ours was shown to this very session (R50)."""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import parse_qsl

from aiohttp import web

from service.domain.principal import Principal, SignedIn
from service.domain.session import Carrier, Session
from service.web.refusals import CrossOrigin, MalformedRequest, UnsupportedMediaType

MEDIA_TYPE: Final = "application/x-www-form-urlencoded"
TOKEN_FIELD: Final = "form_token"  # noqa: S105 - the name of a field
PASSWORD_FIELD: Final = "confirm_password"  # noqa: S105 - the name of a field
CODE_FIELD: Final = "confirm_code"
PASSKEY_FIELD: Final = "confirm_passkey"
ASKED_FIELD: Final = "confirm_asked_at"
"""When a confirmation was asked for that is given elsewhere: POSIX seconds."""
CONFIRMING: Final = frozenset({TOKEN_FIELD, PASSWORD_FIELD, CODE_FIELD, PASSKEY_FIELD, ASKED_FIELD})
"""Fields that prove who sends a form; they say nothing of what is asked."""
MOST_FIELDS: Final = 2_000


class Form:
    """Fields by name, in the order sent; a name may stand there several times."""

    __slots__ = ("pairs",)

    def __init__(self, pairs: Sequence[tuple[str, str]] = ()) -> None:
        self.pairs = tuple(pairs)

    def text(self, name: str) -> str:
        """The first field of this name, as typed; empty when there is none."""
        return next((value for known, value in self.pairs if known == name), "")

    def texts(self, name: str) -> tuple[str, ...]:
        return tuple(value for known, value in self.pairs if known == name)

    def __contains__(self, name: str) -> bool:
        return any(known == name for known, _ in self.pairs)

    def asked(self) -> tuple[tuple[str, str], ...]:
        """What was asked for, without the fields that only confirm it."""
        return tuple(pair for pair in self.pairs if pair[0] not in CONFIRMING)

    def body(self) -> Mapping[str, list[str]]:
        """The same by name, to compare one sending with another."""
        return {name: list(self.texts(name)) for name, _ in self.asked()}


async def read_form(request: web.Request) -> Form:
    """The body's fields.

    Raises:
        UnsupportedMediaType: no form.
        MalformedRequest: not UTF-8, or more fields than any page of ours has.
    """
    if request.content_type != MEDIA_TYPE:
        raise UnsupportedMediaType(f"send {MEDIA_TYPE}")
    try:
        text = (await request.read()).decode("ascii")
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError:
        raise MalformedRequest("the form cannot be understood") from None
    return Form(pairs)


def form_token(session: Session) -> str:
    """What every form of a page carries back. It is the session's alone, and outlives a confirmation."""
    return hashlib.sha256(b"form:" + session.id.encode()).hexdigest()[:32]


def demand_form_token(form: Form, principal: Principal) -> None:
    """Let a form pass that was shown to this session; one that rides on no cookie needs none.

    Raises:
        CrossOrigin: another session's form, or none of ours.
    """
    if not isinstance(principal, SignedIn) or principal.session.carrier is not Carrier.COOKIE:
        return
    given = form.text(TOKEN_FIELD).encode("utf-8", "surrogatepass")
    if not hmac.compare_digest(given, form_token(principal.session).encode()):
        raise CrossOrigin("this form was not shown to this session")
