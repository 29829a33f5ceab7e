import asyncio
import json
import subprocess
import time
from pathlib import Path

import jwt
import pytest

from keys import new_master_key_text
from service.application.issue import Issued
from service.domain.edit import Edit
from tests.api.oauth_fixtures import Answer, Authority, running_authority
from tests.clock import TurnableClock
from tests.servers.postgresql import PostgresServer
from tests.tools.provide import NODE_FOLDER

MEDIA_TYPE = "application/statuslist+jwt"
UNKNOWN = "0" * 32


def _reference(issued: Issued) -> tuple[str, int]:
    """Where a token says that its status is: (uri, idx)."""
    claims = jwt.decode(issued.jwt.reveal(), options={"verify_signature": False})
    entry = claims["status"]["status_list"]
    return entry["uri"], entry["idx"]


async def _list_of(authority: Authority, issued: Issued, *headers: str, method: str = "GET") -> Answer:
    uri, _ = _reference(issued)
    return await authority.send(method, uri.removeprefix(authority.issuer), *headers)


async def _revoke(authority: Authority, issued: Issued) -> None:
    await authority.services.revoke(
        issued.token.id, owner_id=issued.token.owner_id, actor="test", reason="lost"
    )


async def test_a_list_is_a_cacheable_signed_document(authority: Authority) -> None:
    """Token Status List sections 5.1 and 8.2: media type, cache rules (threats 19), and all the claims."""
    issued = await authority.token()
    uri, _ = _reference(issued)

    answer = await _list_of(authority, issued)

    header = jwt.get_unverified_header(answer.body)
    claims = jwt.decode(answer.body, options={"verify_signature": False})
    assert answer.status == 200
    assert answer.header("content-type") == MEDIA_TYPE
    assert answer.header("cache-control") == "public, max-age=10"
    assert answer.header("vary") == "Accept, Accept-Encoding"
    assert answer.header("access-control-allow-origin") == "*"
    assert answer.header("etag").startswith('"')
    assert header["typ"] == "statuslist+jwt"
    assert claims["sub"] == uri
    assert claims["exp"] == claims["iat"] + 900
    assert claims["ttl"] == 60
    assert claims["status_list"]["bits"] == 2


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ((), 200),
        (("",), 200),
        (("*/*",), 200),
        (("application/*",), 200),
        ((MEDIA_TYPE,), 200),
        ((MEDIA_TYPE.upper(),), 200),
        ((f"application/statuslist+cwt;q=0.9, {MEDIA_TYPE};q=0.1",), 200),
        (("application/json", MEDIA_TYPE), 200),
        (("text/html,application/xhtml+xml,*/*;q=0.8",), 200),
        (("application/statuslist+cwt",), 406),
        (("application/json",), 406),
        (("text/*",), 406),
        ((f"{MEDIA_TYPE};q=0",), 406),
        ((f"*/*, {MEDIA_TYPE};q=0",), 406),
        (("*/*;q=0",), 406),
        (("*/*;q=nonsense",), 406),
        ((f"{MEDIA_TYPE};q=0.0, */*;q=1",), 406),
        (("\xff",), 406),
    ],
)
async def test_the_list_is_a_jwt_for_whoever_takes_one(
    authority: Authority, accept: tuple[str, ...], status: int
) -> None:
    """Token Status List section 8.1: 406 for whoever wants CWT alone; caches keep the two apart."""
    issued = await authority.token()

    answer = await _list_of(authority, issued, *(f"Accept: {value}" for value in accept))

    assert answer.status == status
    assert answer.header("vary") == "Accept, Accept-Encoding"
    assert answer.header("access-control-allow-origin") == "*"


async def test_a_reader_that_has_the_list_is_not_sent_it_again(authority: Authority) -> None:
    """RFC 9110 section 13.1.2: 304 for the same tag, weak or in a list; the new list after a change."""
    issued = await authority.token()
    full = await _list_of(authority, issued)
    etag = full.header("etag")

    same = [
        await _list_of(authority, issued, f"If-None-Match: {named}")
        for named in (etag, f"W/{etag}", f'"a,b", W/{etag}', "*")
    ]
    twice = await _list_of(authority, issued, 'If-None-Match: "x"', f"If-None-Match: {etag}")
    others = [
        await _list_of(authority, issued, f"If-None-Match: {named}")
        for named in ('"other"', etag.strip('"'), "", '"', "W/")
    ]
    await _revoke(authority, issued)
    await authority.opened.housekeeping.follow()
    changed = await _list_of(authority, issued, f"If-None-Match: {etag}")

    assert {(answer.status, answer.body) for answer in (*same, twice)} == {(304, b"")}
    assert {answer.header("vary") for answer in same} == {"Accept, Accept-Encoding"}
    assert {(answer.status, answer.body) for answer in others} == {(200, full.body)}
    assert (changed.status, changed.header("etag") == etag) == (200, False)


async def test_head_and_options_are_answered(authority: Authority) -> None:
    """HEAD for monitors, OPTIONS for pages: neither has a body."""
    issued = await authority.token()
    full = await _list_of(authority, issued)

    head = await _list_of(authority, issued, method="HEAD")
    options = await _list_of(authority, issued, "Origin: https://app.example", method="OPTIONS")

    assert (head.status, head.body) == (200, b"")
    assert head.header("content-length") == str(len(full.body))
    assert head.header("etag") == full.header("etag")
    assert (options.status, options.body) == (204, b"")
    assert options.header("access-control-allow-origin") == "*"


async def test_the_past_is_not_told(authority: Authority) -> None:
    """Token Status List section 8.4 and 12.7: 501, because history says when a token was revoked."""
    issued = await authority.token()
    uri, _ = _reference(issued)

    answer = await authority.send("GET", f"{uri.removeprefix(authority.issuer)}?time=1686925000")

    assert answer.status == 501
    assert answer.header("access-control-allow-origin") == "*"


@pytest.mark.parametrize(
    "list_id", [UNKNOWN, "0", "%00", "..%2f..", "%ff", UNKNOWN.replace("0", "A"), "1'--", "x" * 4_000]
)
async def test_a_list_that_is_not_there_is_404(authority: Authority, list_id: str) -> None:
    """Whatever the path says; nothing of it reaches the database but an identifier."""
    answer = await authority.send("GET", f"/status-lists/{list_id}")

    assert answer.status == 404
    assert answer.header("content-type").startswith("application/problem+json")
    assert answer.header("access-control-allow-origin") == "*"
    assert json.loads(answer.body)["code"] == "not_found"


async def test_all_lists_are_named_together(authority: Authority) -> None:
    """Token Status List section 9: the URIs are those in the tokens."""
    issued = await authority.token()
    uri, _ = _reference(issued)

    answer = await authority.send("GET", "/status-lists")

    assert answer.header("content-type") == "application/json"
    assert answer.header("access-control-allow-origin") == "*"
    assert json.loads(answer.body) == {"status_lists": [uri]}


async def test_the_list_of_lists_can_be_withheld(tmp_path: Path, free_port: int) -> None:
    """Section 12.4 names it a way to observe; the setting takes it away and leaves the lists themselves."""
    settings = {"issuer": f"http://localhost:{free_port}", "port": free_port, "aggregate_status_lists": False}
    async with running_authority(tmp_path, TurnableClock(int(time.time())), **settings) as authority:
        issued = await authority.token()

        together = await authority.send("GET", "/status-lists")
        alone = await _list_of(authority, issued)

    assert (together.status, alone.status) == (404, 200)


async def test_node_reads_what_was_revoked_and_what_was_not(authority: Authority, node: Path) -> None:
    """Libraries that nobody here wrote verify the list and find each token's entry in it."""
    ann = await authority.user("ann")
    live, revoked, paused = [await authority.token(ann) for _ in range(3)]
    await _revoke(authority, revoked)
    await authority.services.edit(
        paused.token.id, Edit(suspended=True), owner_id=ann.id, actor="test", administrator=False
    )
    (uri, valid), (_, invalid), (_, suspended) = map(_reference, (live, revoked, paused))

    token = live.jwt.reveal()
    question = {
        "issuer": authority.issuer,
        "uri": uri,
        "indexes": [valid, invalid, suspended],
        "token": token,
    }
    read = await asyncio.to_thread(_by_node, node, question)

    assert read["entries"] == [0, 1, 2]
    assert read["header"]["typ"] == "statuslist+jwt"
    assert read["payload"]["sub"] == uri
    assert read["payload"]["exp"] - read["payload"]["iat"] == 900
    assert read["token"]["status"]["status_list"] == {"idx": valid, "uri": uri}


def _by_node(node: Path, question: dict) -> dict:
    run = subprocess.run(
        [node, NODE_FOLDER / "read_status.js", json.dumps(question)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


async def test_without_the_database_a_list_is_served_until_it_expires(
    tmp_path: Path, own_postgres: PostgresServer, free_port: int
) -> None:
    """R8: the last list with its own, older iat; past its exp 503, as for a list never read before."""
    (tmp_path / "master.key").write_text(new_master_key_text())
    clock = TurnableClock(int(time.time()))
    settings = {
        "issuer": f"http://localhost:{free_port}",
        "port": free_port,
        "database_url": own_postgres.url(own_postgres.create_database()),
    }
    async with running_authority(tmp_path, clock, **settings) as authority:
        issued = await authority.token()
        before = await _list_of(authority, issued)
        own_postgres.kill9()
        clock.advance(120)
        older = await _list_of(authority, issued)
        unknown = await authority.send("GET", f"/status-lists/{UNKNOWN}")
        clock.advance(900)
        expired = await _list_of(authority, issued)

    assert (older.status, older.body) == (200, before.body)
    assert (unknown.status, expired.status) == (503, 503)
    assert int(expired.header("retry-after")) >= 1
