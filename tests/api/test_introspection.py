import asyncio
import base64
import json
import time
import uuid
from pathlib import Path

import pytest

from keys import new_master_key_text
from service.domain.edit import Edit
from service.domain.issuance import Expiry, TokenRequest
from tests.api.oauth_fixtures import (
    DAY,
    REPORTS,
    Answer,
    Authority,
    running_authority,
)
from tests.clock import TurnableClock
from tests.servers.postgresql import PostgresServer

INACTIVE = b'{"active":false}'
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # the order of P-256


async def test_an_active_token_is_answered_with_what_real_clients_check(authority: Authority) -> None:
    """RFC 7662 section 2.2: the claims of the token, `aud` a plain string, and nothing besides."""
    issued = await authority.token(days=30)

    answer = await authority.introspect(issued.jwt.reveal())

    now = authority.clock()
    token = issued.token
    assert answer.status == 200
    assert json.loads(answer.body) == {
        "active": True,
        "iss": authority.issuer,
        "aud": f"{authority.issuer}/api",
        "sub": _wire(token.owner_id),
        "exp": now + 30 * DAY,
        "iat": now,
        "scope": "automation:view company",
        "client_id": "personal-access-tokens",
        "jti": _wire(token.jti),
        "token_type": "Bearer",
    }


async def test_several_audiences_are_a_list(authority: Authority) -> None:
    """`aud` is an array only where the token has several."""
    audiences = (f"{authority.issuer}/api", REPORTS)
    issued = await authority.token(audiences=audiences)

    answer = await authority.introspect(issued.jwt.reveal())

    assert json.loads(answer.body)["aud"] == list(audiences)


async def test_a_token_that_begins_later_is_inactive_until_then(authority: Authority) -> None:
    """RFC 7662 section 4: `nbf` is honoured, and answered once the token is active."""
    begins = authority.clock() + 3_600
    issued = await authority.token(not_before=begins)

    early = await authority.introspect(issued.jwt.reveal())
    authority.clock.advance(3_600)
    then = await authority.introspect(issued.jwt.reveal())

    assert early.body == INACTIVE
    assert json.loads(then.body)["nbf"] == begins


async def test_every_reason_to_refuse_looks_the_same(authority: Authority) -> None:
    """R20: not a byte of body or headers tells expired, revoked, unknown, foreign or forged apart."""
    tokens = await _dead_tokens(authority)

    answers = {name: (await authority.introspect(token)).without("date") for name, token in tokens.items()}

    assert {answer.body for answer in answers.values()} == {INACTIVE}
    assert len(set(answers.values())) == 1, answers
    assert {answer.status for answer in answers.values()} == {200}


async def _dead_tokens(authority: Authority) -> dict[str, str]:
    services = authority.services
    ann = await authority.user("ann")
    bob = await authority.user("bob")
    tokens = {
        "expired": await authority.token(ann, days=1),
        "revoked": await authority.token(ann),
        "suspended": await authority.token(ann),
        "replaced": await authority.token(ann),
        "foreign audience": await authority.token(ann, audiences=(REPORTS,)),
        "address not given": await authority.token(ann, allowed_ips=("10.0.0.0/8",)),
        "owner disabled": await authority.token(bob),
    }
    act = {"owner_id": ann.id, "actor": "test"}
    await services.revoke(tokens["revoked"].token.id, reason="lost", **act)
    await services.edit(tokens["suspended"].token.id, Edit(suspended=True), administrator=False, **act)
    request = TokenRequest(note=None, scopes=None, expiry=Expiry(days=30))
    await services.regenerate(tokens["replaced"].token.id, request, **act)
    await services.disable_user(bob.id, actor="test")
    authority.clock.advance(2 * DAY)
    live = (await authority.token(ann)).jwt.reveal()
    head, payload, signature = live.split(".")
    return {name: issued.jwt.reveal() for name, issued in tokens.items()} | {
        "unknown": "unknown",
        "malformed": f"{head}.{payload}.{signature}=",
        "bad signature": f"{head}.{payload}.{signature[:-10]}AAAAAAAAAA",
        "no signature": f"{head}.{payload}.",
        "another payload": f"{head}.{payload[:-4]}AAAA.{signature}",
        "NUL": "a\0b",
        "not ASCII": "tökén",
        "many dots": "." * 16_000,
    }


async def test_a_malleable_signature_is_the_same_token(authority: Authority) -> None:
    """Attack 33: (r, n - s) verifies too; state hangs on the jti, so a revocation ends every form of it."""
    issued = await authority.token()
    twin = _other_s(issued.jwt.reveal())

    before = await authority.introspect(twin)
    await authority.services.revoke(
        issued.token.id, owner_id=issued.token.owner_id, actor="test", reason="lost"
    )
    after = await authority.introspect(twin)

    assert json.loads(before.body)["active"] is True
    assert after.body == INACTIVE


def _other_s(jwt: str) -> str:
    head, payload, signature = jwt.split(".")
    raw = base64.urlsafe_b64decode(signature + "==")
    s = N - int.from_bytes(raw[32:], "big")
    flipped = base64.urlsafe_b64encode(raw[:32] + s.to_bytes(32, "big")).rstrip(b"=").decode()
    return f"{head}.{payload}.{flipped}"


@pytest.mark.parametrize(
    ("client_ip", "active"),
    [
        (None, False),
        ("10.1.2.3", True),
        ("::ffff:10.1.2.3", True),
        ("192.0.2.1", False),
        ("10.1.2.3.4", False),
        ("not an address", False),
        ("\0", False),
    ],
)
async def test_a_token_bound_to_addresses_is_active_for_them_alone(
    authority: Authority, client_ip: str | None, active: bool
) -> None:
    """The resource server says where the bearer called from; without that, no (threats 27)."""
    issued = await authority.token(allowed_ips=("10.0.0.0/8",))

    answer = await authority.introspect(
        issued.jwt.reveal(), **({} if client_ip is None else {"client_ip": client_ip})
    )

    assert json.loads(answer.body)["active"] is active


def _wire(identifier: str) -> str:
    return str(uuid.UUID(identifier))


async def test_a_lost_database_is_503_and_never_a_guess(
    tmp_path: Path, own_postgres: PostgresServer, free_port: int
) -> None:
    """R21: frozen or dead, within 3 s neither yes nor no; and the truth again once it is back."""
    url = own_postgres.url(own_postgres.create_database())
    clock = TurnableClock(int(time.time()))
    settings = {"issuer": f"http://localhost:{free_port}", "port": free_port, "database_url": url}
    (tmp_path / "master.key").write_text(new_master_key_text())
    async with running_authority(tmp_path, clock, **settings) as authority:
        token = (await authority.token()).jwt.reveal()
        before = await authority.introspect(token)

        own_postgres.pause()
        begun = time.monotonic()
        frozen = await authority.introspect(token)
        took = time.monotonic() - begun
        own_postgres.kill9()
        dead = await asyncio.gather(*(authority.introspect(token) for _ in range(20)))
        own_postgres.start()
        back = await _until_answered(authority, token)

    assert json.loads(before.body)["active"] is True
    assert {answer.status for answer in (frozen, *dead)} == {503}
    assert {answer.body for answer in (frozen, *dead)} == {b'{"error":"temporarily_unavailable"}'}
    assert all(int(answer.header("retry-after")) >= 1 for answer in (frozen, *dead))
    assert took <= 3.5
    assert json.loads(back.body)["active"] is True


async def _until_answered(authority: Authority, token: str) -> Answer:
    async with asyncio.timeout(20):
        while (answer := await authority.introspect(token)).status == 503:
            pass
    return answer
