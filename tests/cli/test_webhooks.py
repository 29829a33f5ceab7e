"""webhooks, users contact, mail test: what is told to whom, from the command line."""

import asyncio
from pathlib import Path

import pytest

from tests.application.mailbox import PASSWORD, USER, certificate, mail_server
from tests.cli.command import Safeconduct


def test_a_webhook_by_its_name_from_beginning_to_end(administrator: Safeconduct) -> None:
    """The secret once, with its name; then everything by the webhook's name."""
    made = administrator.done(
        *("webhooks", "create", "siem", "https://siem.example/in", "--kind", "token.leaked,token.revoked")
    )
    secrets = [line.split()[1] for line in made.splitlines() if line.startswith("secret")]
    rotated = administrator.json("webhooks", "rotate", "siem", "--overlap", "1h")
    administrator.done("webhooks", "change", "siem", "https://siem.example/2")
    listed = administrator.done("webhooks", "list")
    administrator.done("webhooks", "test", "siem")
    administrator.done("webhooks", "deliveries", "siem")
    administrator.done("webhooks", "remove", "siem", "--yes")

    assert [secret[:6] for secret in secrets] == ["whsec_"]
    assert rotated["secret"] not in secrets
    assert "https://siem.example/2" in listed
    assert "whsec_" not in listed
    assert administrator.run("webhooks", "test", "siem").returncode == 1


def test_an_address_is_given_to_a_person(administrator: Safeconduct) -> None:
    """At the making of the account or later; '' takes it away."""
    administrator.done("users", "create", "zoe", "--email", "zoe@example.com", "--json")
    seen = administrator.json("users", "contact", "zoe")
    changed = administrator.json("users", "contact", "zoe", "--email", "", "--language", "de")

    assert (seen["email"], seen["language"]) == ("zoe@example.com", "en")
    assert (changed["email"], changed["language"]) == (None, "de")


@pytest.mark.parametrize("wrong", [False, True])
async def test_the_mail_server_is_tried_from_the_command_line(tmp_path: Path, wrong: bool) -> None:
    """`mail test` sends one mail, or says in one line what is wrong; the password stands nowhere."""
    pem = certificate(tmp_path)
    password = tmp_path / "password"
    password.write_text("another one" if wrong else PASSWORD)
    async with mail_server(pem) as box:
        command = Safeconduct.at(
            tmp_path / "home",
            SAFECONDUCT_SMTP_HOST="localhost",
            SAFECONDUCT_SMTP_PORT=str(box.port),
            SAFECONDUCT_SMTP_USER=USER,
            SAFECONDUCT_SMTP_PASSWORD_FILE=str(password),
            SAFECONDUCT_SMTP_FROM="tokens@example.com",
            SAFECONDUCT_TRUSTED_CA_FILE=str(pem),
        )
        ran = await asyncio.to_thread(command.run, "mail", "test", "ann@example.com", "--language", "de")

    assert ran.returncode == (1 if wrong else 0), ran.stderr
    assert [mail["To"] for mail in box.mails] == ([] if wrong else ["ann@example.com"])
    if wrong:
        assert "refuses the user name or the password: 535" in ran.stderr
        assert len(ran.stderr.splitlines()) == 1
        assert "another one" not in ran.stderr


def test_without_a_server_no_mail_is_tried(tmp_path: Path) -> None:
    """The command says which setting is missing, and of a wrong one all that is wrong."""
    plain = Safeconduct.at(tmp_path).run("mail", "test", "ann@example.com")
    wrong = Safeconduct.at(
        tmp_path,
        SAFECONDUCT_SMTP_HOST="smtp.example.com",
        SAFECONDUCT_SMTP_TLS="none",
        SAFECONDUCT_SMTP_USER="x",
        SAFECONDUCT_WEBHOOK_NETWORKS="10.0.0.0/33",
        SAFECONDUCT_TRUSTED_CA_FILE=str(tmp_path / "nothing.pem"),
    ).run("mail", "test", "ann@example.com")

    assert plain.returncode == 2
    assert "SAFECONDUCT_SMTP_HOST" in plain.stderr
    assert wrong.returncode == 2
    for word in ("SMTP_TLS", "SMTP_FROM", "SMTP_USER", "WEBHOOK_NETWORKS", "TRUSTED_CA_FILE"):
        assert word in wrong.stderr
