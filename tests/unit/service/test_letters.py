"""What mails say: every kind, in every language, without anything that people typed in a header."""

from dataclasses import replace

import pytest

from service.domain.contact import LANGUAGES, Contact
from service.domain.delivery import PAUSES, Channel, Delivery
from service.domain.message import Message, Subject
from service.domain.notice import LINKS, Kind
from service.domain.secret import Secret
from service.sending.letter import Sender, letter_of, letter_that_tests
from service.sending.mime import Stationery, mail_of
from service.sending.payload import payload_of

NOW = 1_800_000_000
JWT = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJl"
SENDER = Sender("https://tokens.example", "Acme tokens")
PAPER = Stationery(issuer="https://tokens.example", brand="Acme\ttokens", sender="t@example.com")
DETAIL = {
    "expires_at": NOW + 86_400,
    "days": 1,
    "first_at": NOW,
    "networks": ["203.0.113.0/24"],
    "by": "user:" + "0" * 32,
    "reason": JWT,
    "since": NOW,
    "tokens": 3,
    "to": "old@example.com",
}
SUBJECT = Subject(
    token_id="5" * 32, note=f"{JWT} {{name}}", expires_at=NOW, last_used_at=NOW, last_used_user_agent="curl/8"
)


def a_message(kind: Kind) -> Message:
    return Message(
        id="7" * 32,
        kind=kind,
        user_id="1" * 32,
        user_name="Ann <b>",
        detail=DETAIL,
        created_at=NOW,
        sealed=None,
        expires_at=NOW + 86_400,
        subjects=[SUBJECT] if kind.startswith("token.") else [],
    )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.TEST])
@pytest.mark.parametrize("reader", ["1" * 32, "2" * 32])
def test_every_kind_is_said_in_every_language(kind: Kind, language: str, reader: str) -> None:
    """Nothing is left unfilled, and no value is repeated that stands in a note or a reason by mistake."""
    secret = Secret("s" * 43) if kind in LINKS else None
    contact = Contact(user_id=reader, email="ann@example.com", language=language)

    letter = letter_of(a_message(kind), contact, SENDER, now=NOW, secret=secret)
    mail = mail_of(letter, "ann@example.com", PAPER, mail_id="9" * 32, now=NOW)

    said = "\n".join([*letter.paragraphs, *letter.tokens, *letter.small_print])
    assert "{" not in said.replace("{name}", "")
    assert "{" not in letter.subject
    assert JWT not in mail.get_body(("plain",)).get_content() + mail.get_body(("html",)).get_content()
    assert "Ann" not in "".join(str(value) for name, value in mail.items() if name != "To")
    assert mail["Message-ID"] == f"<{'9' * 32}@tokens.example>"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_test_mail_says_who_sent_it(language: str) -> None:
    """Whoever set the server up knows by it which one it was."""
    assert "https://tokens.example" in letter_that_tests(language, SENDER).paragraphs[0]


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind.startswith(("token", "test"))])
def test_a_webhook_holds_no_value_and_no_address(kind: Kind) -> None:
    """Times as the API says them, actors by their ids, no mail address."""
    body = payload_of(
        replace(a_message(kind), detail={k: v for k, v in DETAIL.items() if k != "to"})
    ).decode()

    assert JWT not in body
    assert "@" not in body
    assert "2027-01-15T08:00:00Z" in body
    assert '"by":"user:00000000-0000-0000-0000-000000000000"' in body


def test_attempts_come_later_and_later_until_it_is_too_late() -> None:
    """Each within a quarter of its pause; none beyond the end of what is worth telling."""
    delivery = Delivery.planned("7" * 32, Channel.MAIL, "1" * 32, now=NOW, expires_at=None)
    for attempts, pause in enumerate((*PAUSES, PAUSES[-1]), 1):
        tried = replace(delivery, attempts=attempts)
        assert tried.next_attempt(NOW, 0.0) == NOW + round(pause * 0.75)
        assert tried.next_attempt(NOW, 1.0) == NOW + round(pause * 1.25)

    short = Delivery.planned("7" * 32, Channel.MAIL, "1" * 32, now=NOW, expires_at=NOW + 5)
    assert replace(short, attempts=1).next_attempt(NOW, 0.5) is None
