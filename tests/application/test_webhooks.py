"""Webhooks: signed as Standard Webhooks says, to allowed places alone, tried until they arrive."""

import json
import subprocess
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from service.application.catalogue import Applied
from service.application.webhooks import webhook_entry
from service.domain.declared import Declared, DeclaredWebhook
from service.domain.delivery import LEASE
from service.domain.errors import AlreadyExists, Faulty, NotFound
from service.domain.user import User
from service.domain.webhook import Webhook
from tests.application.deployment import Deployment
from tests.application.mailbox import certificate, tls_of
from tests.application.receiver import Received, Receiver, receiver
from tests.application.telling import LOOPBACK, telling

NODE = Path(__file__).parents[1] / "node"
HOUR = 3_600


@pytest.fixture
async def hook() -> AsyncIterator[Receiver]:
    async with receiver() as opened:
        yield opened


@pytest.fixture
async def told(on: Deployment) -> AsyncIterator[Deployment]:
    """A deployment whose webhooks may lead to this machine."""
    on.settings = replace(on.settings, webhook_networks=LOOPBACK)
    async with telling(on) as opened:
        yield opened


async def created(told: Deployment, url: str, *kinds: str, name: str = "watch") -> tuple[Webhook, str]:
    webhook, secret = await told.services.notices.webhooks.create(
        name=name, url=url, kinds=kinds, actor="test"
    )
    return webhook, secret.reveal()


async def revoke_one(told: Deployment, owner: User | None = None) -> str:
    """A revocation that somebody is told of; the value's own text."""
    issued = await told.token(owner, note="nightly export")
    await told.revoke(issued.token, actor="user:" + "0" * 32, reason="clean up")
    return issued.jwt.reveal()


def verified(node: Path, secret: str, call: Received) -> dict:
    """What a receiver reads that checks it by the library of Standard Webhooks."""
    asked = json.dumps({"secret": secret, "headers": call.headers, "body": call.body.decode()})
    run = subprocess.run(
        [node, NODE / "verify_webhook.js"],
        input=asked,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return json.loads(run.stdout)


async def test_a_webhook_is_verified_by_a_library_that_nobody_here_wrote(
    told: Deployment, hook: Receiver, node: Path
) -> None:
    """Npm standardwebhooks accepts what comes and refuses it changed; it holds ids and words, no value."""
    told.clock.advance(_now() - told.clock())  # the library takes nothing that is older than five minutes
    _, secret = await created(told, hook.url)
    owner = await told.user(name="ann")
    value = await revoke_one(told, owner)

    await told.opened.post.once()

    [call] = hook.calls
    document = verified(node, secret, call)
    assert document["type"] == "token.revoked"
    assert document["data"]["owner"]["name"] == "ann"
    assert [each["note"] for each in document["data"]["tokens"]] == ["nightly export"]
    assert document["data"]["reason"] == "clean up"
    assert value not in call.body.decode()
    for changed in (
        Received(call.headers, call.body + b" "),
        Received({**call.headers, "webhook-id": "msg_x"}, call.body),
    ):
        with pytest.raises(subprocess.CalledProcessError):
            verified(node, secret, changed)


async def test_both_secrets_sign_while_one_takes_over(told: Deployment, hook: Receiver, node: Path) -> None:
    """A receiver that has either verifies; after the overlap the new one alone signs."""
    told.clock.advance(_now() - told.clock())
    webhook, old = await created(told, hook.url)
    _, new = await told.services.notices.webhooks.rotate_secret(webhook.id, overlap=HOUR, actor="test")
    await revoke_one(told)
    await told.opened.post.once()
    [call] = hook.calls

    assert call.headers["webhook-signature"].count("v1,") == 2
    assert verified(node, old, call) == verified(node, new.reveal(), call)
    told.clock.advance(HOUR)
    await revoke_one(told)
    await told.opened.post.once()
    assert hook.calls[1].headers["webhook-signature"].count("v1,") == 1


async def test_a_secret_is_shown_once_and_kept_sealed(told: Deployment, hook: Receiver) -> None:
    """Whoever reads the database signs nothing."""
    webhook, secret = await created(told, hook.url)
    _, new = await told.services.notices.webhooks.rotate_secret(webhook.id, overlap=HOUR, actor="test")

    dump = repr(await told.dump())

    assert secret.startswith("whsec_")
    assert secret not in dump
    assert new.reveal() not in dump


async def test_a_failed_call_is_made_again_under_the_same_id(told: Deployment, hook: Receiver) -> None:
    """So that a receiver can drop doubles."""
    await created(told, hook.url)
    await revoke_one(told)
    for status in (500, 429, 302, 200, 200):
        hook.status = status
        await told.opened.post.once()
        told.clock.advance(6 * HOUR)

    assert len(hook.calls) == 4
    assert len({call.headers["webhook-id"] for call in hook.calls}) == 1
    assert len({call.body for call in hook.calls}) == 1
    assert await told.sql("SELECT outcome FROM delivery") == [("delivered",)]


async def test_a_redirect_is_not_followed(told: Deployment, hook: Receiver) -> None:
    """Whoever answers 307 sends us nowhere (threats 31)."""
    async with receiver() as elsewhere:
        hook.status, hook.headers = 307, {"Location": elsewhere.url}
        await created(told, hook.url)
        await revoke_one(told)

        await told.opened.post.once()

        assert elsewhere.calls == []
    assert await told.sql("SELECT fault FROM delivery") == [("it answered 307; redirects are not followed",)]


async def test_who_answers_that_it_is_gone_is_told_nothing_more(told: Deployment, hook: Receiver) -> None:
    """410 disables it, audited; a change by an administrator lets it be tried again."""
    webhook, _ = await created(told, hook.url)
    hook.status = 410
    for _ in range(2):
        await revoke_one(told)
        await told.opened.post.once()

    assert len(hook.calls) == 1
    assert "webhook.disabled" in await told.audit()
    hook.status = 200
    await told.services.notices.webhooks.change(webhook.id, url=hook.url, kinds=(), actor="test")
    await revoke_one(told)
    await told.opened.post.once()
    assert len(hook.calls) == 2


async def test_a_webhook_hears_of_the_kinds_it_asked_for(told: Deployment, hook: Receiver) -> None:
    """And of a test at any time."""
    webhook, _ = await created(told, hook.url, "token.leaked")
    await revoke_one(told)
    await told.opened.post.once()
    assert hook.calls == []

    issued = await told.token()
    await told.revoke(issued.token, actor="finder:github", reason="leaked")
    await told.services.notices.webhooks.test(webhook.id, actor="test")
    await told.opened.post.once()

    assert sorted(json.loads(call.body)["type"] for call in hook.calls) == ["test", "token.leaked"]


async def test_a_private_address_is_never_called(on: Deployment, hook: Receiver) -> None:
    """Judged when it is connected to, also where it was allowed when it was made, or a name leads there (SSRF)."""
    on.settings = replace(on.settings, webhook_networks=LOOPBACK)
    async with telling(on) as told:
        await created(told, hook.url.replace("http://localhost", "https://localhost"))
        await created(told, hook.url, name="by http")
        await revoke_one(told)
    on.settings = replace(on.settings, webhook_networks=())
    async with telling(on) as told:
        await told.opened.post.once()

        assert hook.calls == []
        faults = {fault for (fault,) in await told.sql("SELECT fault FROM delivery")}
    private = "leads into a private network, which SAFECONDUCT_WEBHOOK_NETWORKS does not allow"
    assert faults == {f"its URL {private}"}


async def test_one_that_hangs_holds_nobody_up(told: Deployment, hook: Receiver) -> None:
    """A receiver whose certificate nobody trusts, one that is not there, and one that works: the last is told."""
    async with receiver(tls=tls_of(certificate(told.settings.data_dir))) as untrusted:
        await created(told, untrusted.url, name="untrusted")
        await created(told, "https://localhost:1/x", name="not there")
        await created(told, hook.url)
        await revoke_one(told)

        await told.opened.post.once()

        assert untrusted.calls == []
    assert len(hook.calls) == 1
    faults = sorted(fault for (fault,) in await told.sql("SELECT fault FROM delivery WHERE outcome IS NULL"))
    assert len(faults) == 2
    assert faults[0].startswith("cannot be reached")
    assert faults[1].startswith("its certificate is not valid")


async def test_two_processes_make_one_call_each_time(told: Deployment, hook: Receiver) -> None:
    """Also when both look at once; and a lease that ran out is anybody's."""
    await created(told, hook.url)
    await revoke_one(told)
    await told.opened.post.plan()
    [send] = [each for each in told.opened.post.channels if each.channel == "webhook"]

    assert len(await send._claim()) == 1  # a process that dies with it
    assert await send._claim() == []
    told.clock.advance(LEASE)
    await told.opened.post.once()
    await told.opened.post.once()

    assert len(hook.calls) == 1


async def test_a_webhook_that_cannot_be_is_refused(told: Deployment) -> None:
    """Every fault at once; a name stands for one."""
    webhooks = told.services.notices.webhooks
    with pytest.raises(Faulty) as refused:
        await webhooks.create(
            name=" ", url="ftp://x", kinds=["token.revoked", "user.invitation"], actor="test"
        )
    assert {fault.where for fault in refused.value.faults} == {"name", "url", "kinds[1]"}

    await created(told, "https://hooks.example/a", name="Watch")
    with pytest.raises(AlreadyExists):
        await created(told, "https://hooks.example/b", name="watch")
    with pytest.raises(NotFound):
        await webhooks.test("0" * 32, actor="test")


async def test_webhooks_are_declared_in_the_catalogue_file(told: Deployment, hook: Receiver) -> None:
    """Made once, with its secret in that answer; changed when the file says otherwise; else nothing is changed."""
    services, catalogue = told.services, told.services.current.catalogue

    async def apply(**members: object) -> Applied:
        wanted = DeclaredWebhook(**{"name": "Watch", "url": hook.url, "kinds": frozenset()} | members)
        return await services.apply_catalogue(catalogue, Declared(webhooks=(wanted,)), actor="test")

    made, same, changed = await apply(), await apply(), await apply(kinds=frozenset({"token.leaked"}))
    with pytest.raises(Faulty) as refused:
        await apply(url="https://10.1.2.3/x")

    assert [change.kind for change in (*made.changes, *changed.changes)] == ["added", "changed"]
    assert [secret.reveal()[:6] for _, secret in made.webhooks] == ["whsec_"]
    assert (same.changes, same.webhooks, changed.webhooks) == ((), (), [])
    assert [fault.where for fault in refused.value.faults] == ["webhooks[0].url"]
    [webhook] = await services.notices.webhooks.all()
    assert webhook.kinds == {"token.leaked"}


async def test_a_removed_webhook_is_told_nothing_more(told: Deployment, hook: Receiver) -> None:
    """Nor of what was waiting; who did what to it stays in the audit."""
    webhook, _ = await created(told, hook.url)
    await revoke_one(told)
    await told.opened.post.plan()

    await told.services.notices.webhooks.remove(webhook.id, actor="test")
    await told.opened.post.once()

    assert hook.calls == []
    assert await told.count("delivery") == 0
    assert await told.audit(webhook_entry("", webhook, "").subject) == ["webhook.created", "webhook.removed"]


async def test_what_was_told_long_ago_is_forgotten(told: Deployment, hook: Receiver) -> None:
    """After a month; what still waits stays."""
    await created(told, hook.url)
    await revoke_one(told)
    await told.opened.post.once()
    told.clock.advance(31 * 86_400)

    await told.opened.post.forget()

    assert (await told.count("notice"), await told.count("delivery")) == (0, 0)


def _now() -> int:
    return int(time.time())
