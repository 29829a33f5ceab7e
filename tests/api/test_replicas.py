"""Two processes' worth of service over one database: what one acknowledges, the other knows."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import jwt
import pytest

from keys import new_master_key_text
from tests.api.oauth_fixtures import Authority, running_authority
from tests.clock import TurnableClock
from tests.servers.process import free_port as pick_port

PUBLIC = (
    "/.well-known/jwks.json",
    "/.well-known/oauth-authorization-server",
    "/.well-known/openid-configuration",
)


@pytest.fixture
async def replicas(tmp_path: Path, postgres_url: str) -> AsyncIterator[tuple[Authority, Authority]]:
    """Two authorities with one issuer, one master key and one PostgreSQL, each with a port of its own."""
    ports = [pick_port(), pick_port()]
    key, clock = new_master_key_text(), TurnableClock(int(time.time()))
    async with AsyncExitStack() as stack:
        first, second = [
            await stack.enter_async_context(
                running_authority(
                    tmp_path,
                    clock,
                    issuer=f"http://localhost:{ports[0]}",
                    port=port,
                    master_key=key,
                    database_url=postgres_url,
                )
            )
            for port in ports
        ]
        await first.services.current.reload(first.opened.storage)
        yield first, second


async def test_a_revocation_holds_at_every_replica_from_its_answer_on(
    replicas: tuple[Authority, Authority],
) -> None:
    """R1, attack 77: revoked through one, the other says inactive in the very next request, many times over."""
    first, second = replicas
    owner = await first.user("ann")

    for _ in range(10):
        token = (await first.token(owner)).jwt.reveal()
        before = await second.introspect(token)
        revoked = await first.post("/oauth2/revoke", {"token": token})
        after = await asyncio.gather(*(second.introspect(token) for _ in range(4)))

        assert json.loads(before.body)["active"] is True
        assert revoked.status == 200
        assert {answer.body for answer in after} == {b'{"active":false}'}


@pytest.mark.parametrize("target", PUBLIC)
async def test_public_documents_are_the_same_bytes_everywhere(
    replicas: tuple[Authority, Authority], target: str
) -> None:
    """R27: a cache in front of all replicas never sees two documents under one version."""
    one, other = [await replica.send("GET", target) for replica in replicas]

    assert one.without("date") == other.without("date")


async def test_a_compromised_key_is_out_at_every_replica(replicas: tuple[Authority, Authority]) -> None:
    """R29: its tokens are inactive everywhere at once; its public key is gone where a replica has followed."""
    first, second = replicas
    target = "/.well-known/jwks.json"
    token = (await first.token()).jwt.reveal()
    kid = jwt.get_unverified_header(token)["kid"]

    await first.services.compromise_key(kid, reason="leaked", actor="test")

    at_once = await second.introspect(token)
    await second.opened.housekeeping.follow()
    one, other = [await replica.send("GET", target) for replica in replicas]
    assert at_once.body == b'{"active":false}'
    assert one.without("date") == other.without("date")
    assert kid not in {key["kid"] for key in json.loads(other.body)["keys"]}


async def test_a_status_list_is_signed_once_for_all(replicas: tuple[Authority, Authority]) -> None:
    """Threats 18: an ECDSA signature differs each time, so one of them is kept and all serve it."""
    first, _ = replicas
    token = (await first.token()).jwt.reveal()
    uri = jwt.decode(token, options={"verify_signature": False})["status"]["status_list"]["uri"]
    path = uri.removeprefix(first.issuer)

    answers = await asyncio.gather(*(replica.send("GET", path) for replica in (*replicas, *replicas)))

    assert {answer.status for answer in answers} == {200}
    assert len({(answer.body, answer.header("etag")) for answer in answers}) == 1
