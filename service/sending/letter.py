"""What a mail says, in its reader's language. Names and notes stand in the body alone (threats 37)."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from service.domain.contact import Contact
from service.domain.identifiers import to_wire
from service.domain.message import Message, Subject
from service.domain.notice import ADMINISTRATORS_TOO, LINKS, REMINDERS, Kind
from service.domain.secret import Secret
from service.redaction import redact
from service.web.links import invitation_link

_FOLDER: Final = Path(__file__).parent / "texts"
_DAY: Final = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A mail before it is one: what it is about, what it says, the tokens it is about, one button, and small print."""

    language: str
    subject: str
    paragraphs: tuple[str, ...]
    tokens: tuple[str, ...]
    button: tuple[str, str] | None
    small_print: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sender:
    """Who writes: the issuer, and what the operator calls it."""

    issuer: str
    brand: str


@cache
def _texts(language: str) -> Mapping[str, Any]:
    return tomllib.loads((_FOLDER / f"{language}.toml").read_text("utf-8"))


def letter_of(
    message: Message, contact: Contact, sender: Sender, *, now: int, secret: Secret | None
) -> Letter:
    """`secret` is that of the one-time link, where the message is one."""
    texts = _texts(contact.language)
    of_others = message.kind in ADMINISTRATORS_TOO and contact.user_id != message.user_id
    words: Mapping[str, str] = texts[message.kind.replace(".", "_") + ("_administrator" if of_others else "")]
    values = _values(message, texts, sender, now)
    small_print = [texts["common"]["why"].format_map(values)]
    if message.kind in REMINDERS:
        small_print.append(texts["common"]["reminders"].format(link=f"{sender.issuer}/profile"))
    return Letter(
        language=contact.language,
        subject=words["subject"].format_map(values),
        paragraphs=tuple(line.format_map(values) for line in words["lead"].strip().split("\n\n")),
        tokens=tuple(_token_line(each, texts) for each in message.subjects),
        button=(words["button"].format_map(values), _link(message, sender, secret))
        if "button" in words
        else None,
        small_print=tuple(small_print),
    )


def letter_that_tests(language: str, sender: Sender) -> Letter:
    """What shows that mails arrive."""
    words = _texts(language)["test"]
    return Letter(
        language=language,
        subject=words["subject"].format(brand=sender.brand),
        paragraphs=(words["lead"].format(issuer=sender.issuer),),
        tokens=(),
        button=None,
        small_print=(),
    )


def _values(message: Message, texts: Mapping[str, Any], sender: Sender, now: int) -> dict[str, str]:
    detail, common = message.detail, texts["common"]
    count = len(message.subjects) or int(detail.get("tokens", 0))
    values = {
        "brand": sender.brand,
        "issuer": sender.issuer,
        "name": message.user_name or "",
        "tokens": common["token_one"] if count == 1 else common["token_other"].format(count=count),
        "count": str(count),
        "by": common[_by(str(detail.get("by", "")))].format(brand=sender.brand),
        "reason": texts["reason"].get(detail.get("reason"), redact(str(detail.get("reason", "")))),
        "networks": ", ".join(detail.get("networks", ())),
    }
    for name in ("expires_at", "first_at", "since"):
        values[name] = _moment(detail[name], texts) if detail.get(name) is not None else "-"
    if message.expires_at is not None:
        values["until"] = _moment(message.expires_at, texts)
    if message.kind is Kind.TOKEN_EXPIRING:
        values["when"] = _ahead(int(detail["expires_at"]) - now, common)
    return values


def _by(actor: str) -> str:
    """The name of the words for who did something."""
    kind = actor.partition(":")[0]
    return f"by_{kind}" if kind in {"user", "client", "finder", "token"} else "by_system"


def _ahead(seconds: int, common: Mapping[str, str]) -> str:
    days = -(-seconds // _DAY)
    return common["tomorrow"] if days <= 1 else common["in_days"].format(days=days)


def _token_line(subject: Subject, texts: Mapping[str, Any]) -> str:
    return " · ".join(_facts(subject, texts["common"], texts))


def _facts(subject: Subject, common: Mapping[str, str], texts: Mapping[str, Any]) -> Iterator[str]:
    yield common["named"].format(note=redact(subject.note)) if subject.note else to_wire(subject.token_id)
    if subject.expires_at is not None:
        yield common["ends"].format(moment=_moment(subject.expires_at, texts))
    if subject.last_used_at is None:
        yield common["no_use"]
    elif subject.last_used_user_agent is None:
        yield common["used"].format(moment=_moment(subject.last_used_at, texts))
    else:
        moment = _moment(subject.last_used_at, texts)
        yield common["used_by"].format(moment=moment, program=subject.last_used_user_agent)


def _moment(at: int, texts: Mapping[str, Any]) -> str:
    return datetime.fromtimestamp(at, UTC).strftime(texts["common"]["moment"])


def _link(message: Message, sender: Sender, secret: Secret | None) -> str:
    """Where the one button leads: to a page that asks before it does anything."""
    if message.kind in LINKS and secret is not None:
        return invitation_link(sender.issuer, secret)
    if message.kind is Kind.ADDRESS_CHANGED:
        return f"{sender.issuer}/profile"
    if message.kind is Kind.TOKENS_PAUSED or len(message.subjects) != 1:
        return f"{sender.issuer}/tokens"
    place = f"{sender.issuer}/tokens/{quote(to_wire(message.subjects[0].token_id))}"
    return f"{place}#new-value" if message.kind is Kind.TOKEN_EXPIRING else place
