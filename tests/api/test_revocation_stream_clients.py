"""The event stream, read by a program in another language that knows docs/revocation.md alone."""

import asyncio
import json
from pathlib import Path

from service.application.issue import Issued
from service.domain.edit import Edit
from tests.api.oauth_fixtures import Authority
from tests.application.deployment import claims_of
from tests.tools.provide import NODE_FOLDER

WITHIN = 60  # seconds


def entry(issued: Issued) -> tuple[str, int]:
    reference = claims_of(issued)["status"]["status_list"]
    return reference["uri"], reference["idx"]


async def test_a_client_in_node_follows_every_change(authority: Authority, node: Path) -> None:
    """By discovery: snapshot, then changes, then on with Last-Event-ID after its stream was ended, without a gap."""
    push, services = authority.services.publication, authority.services
    pushing = asyncio.create_task(push.run())
    housekeeping = asyncio.create_task(authority.opened.housekeeping.run())
    early, paused, missed, live = [await authority.token() for _ in range(4)]
    tokens = (early, paused, missed, live)
    indexes = [entry(issued)[1] for issued in tokens]

    async def revoke(issued: Issued) -> None:
        await services.revoke(issued.token.id, owner_id=issued.token.owner_id, actor="test", reason="lost")

    async def pause(issued: Issued, *, suspended: bool) -> None:
        edit = Edit(suspended=suspended)
        await services.edit(
            issued.token.id, edit, owner_id=issued.token.owner_id, actor="test", administrator=False
        )

    question = {"issuer": authority.issuer, "uri": entry(live)[0], "indexes": indexes}
    process = await asyncio.create_subprocess_exec(
        node, "follow_revocations.js", json.dumps(question), cwd=NODE_FOLDER, stdout=asyncio.subprocess.PIPE
    )

    async def told(*refused: Issued) -> dict[str, object]:
        """What it says once it refuses exactly these."""
        wanted = {entry(issued)[1] for issued in refused}
        while line := await asyncio.wait_for(process.stdout.readline(), WITHIN):
            said = json.loads(line)
            if set(said["refused"]) == wanted:
                return said
        raise EOFError

    try:
        await revoke(early)
        began = await told(early)
        await pause(paused, suspended=True)
        await told(early, paused)
        push.streams.close()
        await pause(paused, suspended=False)
        await revoke(missed)
        push.streams._closed = False  # as if another process took over
        ended = await told(early, missed)
    finally:
        process.kill()
        await process.wait()
        for job in (pushing, housekeeping):
            job.cancel()
        await asyncio.gather(pushing, housekeeping, return_exceptions=True)

    assert began["connections"] == 1
    assert ended["connections"] >= 2
    assert ended["resyncs"] == began["resyncs"] == 1
