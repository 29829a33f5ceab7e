"""Mails to people: by a real server over TLS, in their language, once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from email.message import EmailMessage
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from service.application import notices
from service.cli.doctor.finding import State
from service.cli.doctor.mail import look_at_mail
from service.domain.delivery import LEASE, WORTH_TRYING
from service.domain.notice import About, Kind
from service.domain.secret import Secret
from service.domain.session import Carrier
from service.domain.user import Grant, GrantKind, Role
from tests.application.deployment import DAY, Deployment, header_of
from tests.application.mailbox import Mailbox, certificate, mail_server
from tests.application.telling import ANN, mailing, somebody, telling

HOUR = 3_600


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
async def box(pem: Path) -> AsyncIterator[Mailbox]:
    async with mail_server(pem) as opened:
        yield opened


@pytest.fixture
async def told(on: Deployment, box: Mailbox, pem: Path) -> AsyncIterator[Deployment]:
    """A deployment that writes to this box."""
    mailing(on, box, pem)
    async with telling(on) as opened:
        yield opened


def text(mail: EmailMessage) -> str:
    return mail.get_body(("plain",)).get_content()


async def test_the_owner_is_told_of_a_revocation_by_somebody_else(told: Deployment, box: Mailbox) -> None:
    """By STARTTLS and password; names in the body alone, no value anywhere, no link that acts (threats 37)."""
    ann = await somebody(told)
    issued = await told.token(ann, note="flow\u202f<b>7</b>")

    await told.revoke(issued.token, actor="user:" + "0" * 32, reason="leaving us")
    await told.opened.post.once()

    [mail] = box.mails
    assert (mail["To"], mail["From"].addresses[0].addr_spec) == (ANN, "tokens@tokens.example")
    assert mail["Subject"] == "Tokens of yours were revoked"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"].endswith("@tokens.example>")
    assert "flow\u202f<b>7</b>" in text(mail)
    assert "leaving us" in text(mail)
    html = mail.get_body(("html",)).get_content()
    assert "<b>7" not in html
    assert f"https://tokens.example/tokens/{issued.token.id[:8]}" in html
    assert issued.jwt.reveal() not in mail.as_string() + html


async def test_nobody_is_told_of_what_they_did_themselves(told: Deployment, box: Mailbox) -> None:
    """One's own revocation is no news; nor is that of somebody without an address a mail."""
    ann = await somebody(told)
    await told.revoke((await told.token(ann)).token)
    await told.revoke((await told.token()).token, actor="client:x", reason="client")

    await told.opened.post.once()

    assert box.mails == []


async def test_everybody_is_told_in_their_own_language(told: Deployment, box: Mailbox) -> None:
    """German for whom it was set; dates as the pages write them."""
    ann = await somebody(told, language="de")
    issued = await told.token(ann, days=30)
    told.clock.advance(29 * DAY + 60)

    await told.opened.post.once()

    [mail] = box.mails
    assert mail["Subject"] == "Ein Token von Ihnen endet morgen"
    assert mail["Content-Language"] == "de"
    assert "#new-value" in text(mail)
    assert issued.token.note in text(mail)


async def test_of_each_end_its_owner_is_told_four_times(told: Deployment, box: Mailbox) -> None:
    """14, 7, 3 and 1 days before, once each, however often somebody looks."""
    ann = await somebody(told)
    await told.token(ann, days=30)
    seen = []
    for days in (15, 2, 5, 2, 3, 1, 1, 1):
        told.clock.advance(days * DAY - HOUR)
        for _ in range(2):
            await told.opened.post.once()
        seen.append(len(box.mails))

    assert seen == [0, 1, 1, 2, 2, 3, 3, 4]


async def test_after_days_down_only_what_is_due_now_is_told(told: Deployment, box: Mailbox) -> None:
    """No gap and no heap: of three reminders that were missed the nearest one is sent."""
    ann = await somebody(told)
    await told.token(ann, days=30)
    told.clock.advance(28 * DAY)

    await told.opened.post.once()

    assert [mail["Subject"] for mail in box.mails] == ["A token of yours ends in 2 days"]


async def test_a_token_made_for_days_is_no_news(told: Deployment, box: Mailbox) -> None:
    """Whoever asks for a day or a week is not told at once that it ends; a new value begins anew."""
    ann = await somebody(told)
    for days in (1, 3, 7):
        await told.token(ann, days=days)
    await told.opened.post.once()
    assert box.mails == []

    issued = await told.token(ann, days=8)
    told.clock.advance(DAY + 60)
    await told.opened.post.once()
    renewed = await told.regenerate(issued.token)
    await told.opened.post.once()

    assert [mail["Subject"] for mail in box.mails] == ["A token of yours ends in 7 days"]
    assert renewed.token.id == issued.token.id


async def test_reminders_can_be_switched_off_and_nothing_else(told: Deployment, box: Mailbox) -> None:
    """What concerns safety is told either way."""
    ann = await somebody(told)
    await told.services.notices.contacts.change(ann.id, reminders=False, actor=f"user:{ann.id}")
    issued = await told.token(ann, days=30)
    told.clock.advance(29 * DAY)
    await told.opened.post.once()
    assert box.mails == []

    await told.revoke(issued.token, actor="finder:github", reason="leaked")
    await told.opened.post.once()

    assert [mail["Subject"] for mail in box.mails] == ["A token of yours has leaked and was revoked"]


async def test_many_of_one_cause_are_one_mail(told: Deployment, box: Mailbox) -> None:
    """Whoever loses twenty tokens at once reads of them once."""
    ann = await somebody(told)
    made = [await told.token(ann) for _ in range(20)]

    await told.services.revoke_many.by_ids(
        [issued.token.id for issued in made], owner_id=None, actor="user:x", reason="clean up"
    )
    await told.opened.post.once()

    [mail] = box.mails
    assert "20 tokens" in text(mail)
    assert text(mail).count("* ") == 20


async def test_an_administrator_is_told_of_paused_tokens_too(told: Deployment, box: Mailbox) -> None:
    """The owner in their words, the administrator in others."""
    ann, root = await somebody(told), await somebody(told, "root@example.com", role=Role.ADMINISTRATOR)

    async with told.storage.transaction() as tx:
        about = About(user_id=ann.id, detail={"tokens": 3, "since": 1_700_000_000})
        await notices.add(tx, Kind.TOKENS_PAUSED, about)
    await told.opened.post.once()

    assert {mail["To"]: mail["Subject"] for mail in box.mails} == {
        ANN: "Your tokens are paused",
        "root@example.com": "Tokens of a person were paused",
    }
    assert root.name not in text(box.to("root@example.com")[0])
    assert "3 tokens" in text(box.to(ANN)[0])


async def test_the_people_of_a_machine_are_told_for_it(told: Deployment, box: Mailbox) -> None:
    """A machine reads no mail; who of them did it themselves is not told."""
    ann, bea = await somebody(told), await somebody(told, "bea@example.com")
    machine = await told.services.machines.create(
        name="robot", responsible=[ann.name, bea.name], grant=Grant(GrantKind.ALL), actor="test"
    )
    issued = await told.token(machine.user)

    await told.revoke(issued.token, actor=f"user:{ann.id}", reason="clean up")
    await told.opened.post.once()

    assert [mail["To"] for mail in box.mails] == ["bea@example.com"]


async def test_a_use_from_a_new_network_is_told_once(told: Deployment, box: Mailbox) -> None:
    """The first network is no news, nor is another address in it; what clients report decides nothing (threats 32)."""
    ann = await somebody(told)
    issued = await told.token(ann)
    truth = (await told.services.recognise(issued.jwt.reveal())).truth
    usage = told.services.usage
    for ip in ("198.51.100.7", "198.51.100.99", "203.0.113.4", "203.0.113.4", "203.0.113.5"):
        told.clock.advance(60)
        usage.sightings.accepted(truth, ip, "curl")
        await usage.record()
        await told.opened.post.once()

    [mail] = box.mails
    assert "203.0.113.0/24" in text(mail)
    assert "198.51.100" not in text(mail)


async def test_an_invitation_goes_by_mail_and_nobody_else_sees_it(told: Deployment, box: Mailbox) -> None:
    """The secret is not shown, lies sealed in the database until it is mailed and then nowhere, and opens once."""
    user, shown = await told.services.create_user(
        name="Bea", role=Role.USER, grant=Grant(), actor="user:x", email=ANN
    )
    waiting = repr(await told.dump())
    await told.opened.post.once()

    assert shown is None
    [mail] = box.mails
    [secret] = [line.rpartition("#")[2] for line in text(mail).splitlines() if "/welcome#" in line]
    assert secret not in waiting
    assert await told.count("notice", "sealed IS NOT NULL") == 0
    opened = await told.services.invitations.accept(
        Secret(secret), Secret("a wheel in the summer wind"), name=None, carrier=Carrier.BEARER
    )
    assert opened.user.id == user.id


async def test_a_forgotten_password_is_mended_by_mail(told: Deployment, box: Mailbox) -> None:
    """Whoever asks learns nothing, and three times an hour are enough (R46)."""
    ann = await somebody(told)
    forgotten = told.services.notices.forgotten_password
    for name in (ann.name, "nobody", ann.name.upper()):
        forgotten.ask(name)
    for _ in range(4):
        await told.opened.post.once()
        forgotten.ask(ann.name)

    assert [mail["To"] for mail in box.mails] == [ANN] * 3
    assert {mail["Subject"] for mail in box.mails} == {"A new password for Safeconduct"}


async def test_the_old_address_is_told_of_a_new_one(told: Deployment, box: Mailbox) -> None:
    """Who takes an account over by another address is noticed by its owner."""
    ann = await somebody(told)

    await told.services.notices.contacts.change(ann.id, email="eve@example.org", actor=f"user:{ann.id}")
    await told.opened.post.once()

    assert [mail["To"] for mail in box.mails] == [ANN]


async def test_a_compromised_key_is_told_to_those_who_lost_tokens(told: Deployment, box: Mailbox) -> None:
    """One mail each, with all their tokens."""
    ann, bea = await somebody(told), await somebody(told, "bea@example.com")
    kids = {header_of(await told.token(owner))["kid"] for owner in (ann, ann, bea)}

    await told.services.compromise_key(kids.pop(), reason="lost laptop", actor="user:x")
    await told.opened.post.once()

    assert sorted(mail["To"] for mail in box.mails) == [ANN, "bea@example.com"]
    assert "2 tokens" in text(box.to(ANN)[0])


async def test_a_server_that_is_down_for_days_loses_nothing(told: Deployment, box: Mailbox) -> None:
    """Tried again later and later; the mail arrives once it is up."""
    ann = await somebody(told)
    await told.revoke((await told.token(ann)).token, actor="user:x", reason="clean up")
    box.answer = "451 come back later"
    attempts = []
    for hours in (0, 1, 12, 36):
        told.clock.advance(hours * 3_600)
        await told.opened.post.once()
        attempts += await told.sql("SELECT attempts FROM delivery")
    box.answer = ""
    told.clock.advance(DAY)
    await told.opened.post.once()
    await told.opened.post.once()

    assert attempts == [(1,), (2,), (3,), (4,)]
    assert len(box.mails) == 1
    assert await told.sql("SELECT outcome, fault FROM delivery") == [("delivered", None)]


async def test_what_cannot_be_delivered_is_given_up_and_audited(told: Deployment, box: Mailbox) -> None:
    """After four days nobody tries any more; an address that the server refuses for good is not tried twice."""
    ann = await somebody(told)
    box.answer = "451 come back later"
    for _ in range(2):
        await told.revoke((await told.token(ann)).token, actor="user:x", reason="clean up")
        await told.opened.post.once()
        told.clock.advance(WORTH_TRYING)
        await told.opened.post.once()
        box.answer = "554 never"

    assert set(await told.sql("SELECT outcome, attempts FROM delivery")) == {("given_up", 2), ("given_up", 1)}
    assert [action for action in await told.audit() if action.startswith("notice")] == [
        "notice.given_up",
        "notice.given_up",
    ]


async def test_an_address_that_is_nobodys_holds_up_no_other(told: Deployment, box: Mailbox) -> None:
    """The server's word on it is final; the next mail over the same connection arrives."""
    box.unknown = "gone@example.com"
    for email in (box.unknown, ANN):
        owner = await somebody(told, email)
        await told.revoke((await told.token(owner)).token, actor="user:x", reason="clean up")

    await told.opened.post.once()

    assert [mail["To"] for mail in box.mails] == [ANN]
    assert set(await told.sql("SELECT outcome, attempts FROM delivery")) == {
        ("given_up", 1),
        ("delivered", 1),
    }


@pytest.mark.parametrize("wrong", ["password", "certificate", "port"])
async def test_a_wrong_setting_is_one_line_in_the_log(
    on: Deployment, box: Mailbox, pem: Path, tmp_path: Path, wrong: str
) -> None:
    """It says in words what is wrong, once, holds no password, and nothing else suffers by it."""
    said = {
        "password": ({}, "refuses the user name or the password: 535"),
        "certificate": ({"trusted_ca_file": str(certificate(tmp_path))}, "certificate is not valid"),
        "port": ({"smtp_port": 1}, "mail server localhost:1: "),
    }
    settings, words = said[wrong]
    mailing(on, box, pem, **settings)
    box.password = "another one" if wrong == "password" else box.password
    async with telling(on) as told:
        ann = await somebody(told)
        issued = [await told.token(ann) for _ in range(3)]
        with capture_logs() as logs:
            for each in issued:
                await told.revoke(each.token, actor="user:x", reason="clean up")
                told.clock.advance(3_600)
                await told.opened.post.once()

    lines = [line for line in logs if line["event"] == "undelivered"]
    assert len(lines) == 1
    assert words in lines[0]["reason"]
    assert "frozen lake" not in repr(logs)
    assert box.mails == []


async def test_the_doctor_tries_the_mail_server(told: Deployment, box: Mailbox) -> None:
    """Without sending anything; an open password file is worth a word."""
    sound = await look_at_mail(told.settings)
    box.password = "another one"
    wrong = await look_at_mail(told.settings)

    assert [each.state for each in sound] == [State.WARN, State.OK]
    assert sound[1].said.endswith("by STARTTLS as safeconduct")
    assert wrong[1].state is State.FAIL
    assert "refuses the user name or the password" in wrong[1].said
    assert box.mails == []


async def test_two_replicas_send_one_mail_each_time(told: Deployment, box: Mailbox) -> None:
    """Whoever comes second finds that it is taken."""
    ann = await somebody(told)
    async with told.replicas() as _:
        others = [told.opened]
        if told.on_postgresql:
            async with told.process() as other:
                others.append(other)
                await _revoke_and_send(told, ann.id, others)
        else:
            await _revoke_and_send(told, ann.id, others * 2)

    assert len(box.mails) == len({mail["Message-ID"] for mail in box.mails}) == 10


async def _revoke_and_send(told: Deployment, owner_id: str, others: list) -> None:
    for _ in range(10):
        owner = await told.services.find_user.get(owner_id)
        await told.revoke((await told.token(owner)).token, actor="user:x", reason="clean up")
        await asyncio.gather(*(other.post.once() for other in others))


async def test_whoever_dies_between_sending_and_noting_it_sends_again(told: Deployment, box: Mailbox) -> None:
    """A double under the same id, by which a mailbox drops it; never none."""
    ann = await somebody(told)
    await told.revoke((await told.token(ann)).token, actor="user:x", reason="clean up")
    await told.opened.post.plan()
    [send] = [each for each in told.opened.post.channels if each.channel == "mail"]
    parcels = await send._claim()
    async with aclosing(send._carrier.carry(parcels)) as carried:
        await anext(carried)

    await told.opened.post.once()
    assert len(box.mails) == 1
    told.clock.advance(LEASE)
    await told.opened.post.once()
    await told.opened.post.once()

    assert len(box.mails) == 2
    assert len({mail["Message-ID"] for mail in box.mails}) == 1


@pytest.mark.parametrize("tls", ["implicit", "none"])
async def test_mails_go_by_other_ways_as_well(on: Deployment, pem: Path, tls: str) -> None:
    """TLS from the first byte; none at all on this machine alone."""
    async with mail_server(pem, tls=tls) as box:
        mailing(on, box, pem, tls=tls, smtp_user="", smtp_password_file="")
        async with telling(on) as told:
            ann = await somebody(told)
            await told.revoke((await told.token(ann)).token, actor="user:x", reason="clean up")
            await told.opened.post.once()

    assert [mail["To"] for mail in box.mails] == [ANN]
