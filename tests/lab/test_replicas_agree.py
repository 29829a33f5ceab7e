"""Three processes over one database say the same thing: keys, lists, and when a key may sign (K19 to K21)."""

import contextlib
import json
import threading
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import jwt
import pytest
from safeconduct.lst import decode_lst

from tests.lab.replica import TOKENS, Deployment, Replica
from tests.lab.shifted import turn_database_clock
from tests.servers.leash import Leash, wait_until
from tests.servers.postgresql import PostgresServer
from tests.servers.process import free_port, private_folder
from tests.servers.wrong_clock import WrongClock

JWKS, KEYS = "/.well-known/jwks.json", "/v1/admin/keys"
SKEWS = (0, 25, -25)  # seconds by which the machines' clocks are wrong
PREPUBLICATION = 600
JWKS_AGE, COOL_DOWN = 300, 30
SOON = 20


@dataclass(frozen=True)
class Three:
    """Replicas on three machines, each with a clock of its own; `turn` turns the true time for all."""

    replicas: list[Replica]
    clocks: list[WrongClock]
    url: str

    def turn(self, seconds: int) -> None:
        for clock, skew in zip(self.clocks, SKEWS, strict=True):
            clock.turn_to(seconds + skew)
        turn_database_clock(self.url, seconds)
        assert wait_until(lambda: all(each.is_ready() for each in self.replicas), within=SOON)

    def everywhere(self, path: str) -> list[bytes]:
        return [replica.call("GET", path).body for replica in self.replicas]

    def rotate(self, replica: Replica) -> Any:
        ann = self.replicas[0].administrator
        return replica.call(
            "POST", f"{KEYS}/rotate", authorization=ann.authorization, json_body={"purpose": "access_token"}
        )

    def agree_on(self, path: str) -> bool:
        return len(set(self.everywhere(path))) == 1


@pytest.fixture(scope="module")
def three(leash: Leash, postgres_server: PostgresServer) -> Iterator[Three]:
    database, port = postgres_server.create_database(), free_port()
    settings = {
        "PREPUBLICATION": str(PREPUBLICATION),
        "STATUS_LIST_TICK": "5",
        "BEARER_SESSION_LIFETIME": "86400",
    }
    with contextlib.ExitStack() as stack:
        folders = [stack.enter_context(private_folder(f"agreeing-{n}", leash)) for n in range(3)]
        clocks = [WrongClock(folder, skew) for folder, skew in zip(folders, SKEWS, strict=True)]
        url = postgres_server.url(database)
        first = Deployment(folders[0], f"http://localhost:{port}", database_url=url, settings=settings)
        replicas = []
        for number, (folder, clock) in enumerate(zip(folders, clocks, strict=True)):
            each = Replica(
                replace(first, folder=folder),
                port=free_port() if number else port,
                leash=leash,
                also=clock.environment,
            )
            stack.callback(each.kill9)
            each.start()
            replicas.append(each)
            assert replicas[0].administrator
        yield Three(replicas, clocks, url)


def claims(token: bytes | str) -> dict[str, Any]:
    return jwt.decode(token, options={"verify_signature": False})


def header_kid(token: str) -> str:
    return jwt.get_unverified_header(token)["kid"]


def kids(document: bytes) -> set[str]:
    return {key["kid"] for key in json.loads(document)["keys"]}


def test_one_tick_is_one_token_and_one_revision_one_list(three: Three) -> None:
    """Threats 18, R4: under revocations by three, nobody sees two tokens of a tick, or two lists of a version."""
    ann = three.replicas[0].administrator
    tokens = [ann.create() for _ in range(12)]
    path = "/" + claims(tokens[0]["token"])["status"]["status_list"]["uri"].split("/", 3)[3]
    answers: list[bytes] = []
    over = threading.Event()

    def watch(replica: Replica) -> None:
        while not over.is_set():
            answer = replica.call("GET", path)
            assert answer.status == 200
            answers.append(answer.body)

    with ThreadPoolExecutor(3) as pool:
        watching = [pool.submit(watch, replica) for replica in three.replicas]
        try:
            for number, token in enumerate(tokens):
                replica = three.replicas[number % 3]
                gone = replica.call("DELETE", f"{TOKENS}/{token['id']}", authorization=ann.authorization)
                assert gone.status == 200
                seen = len(answers)
                assert wait_until(lambda seen=seen: len(answers) > seen + 6, within=SOON)
            assert wait_until(lambda: three.agree_on(path), within=SOON)
        finally:
            over.set()
        for each in watching:
            each.result(SOON)

    tokens_at, lists_of = defaultdict(set), defaultdict(set)
    for body in set(answers):
        asserted = claims(body)
        tokens_at[asserted["version"], asserted["iat"] // 5].add(body)
        lists_of[asserted["version"]].add(decode_lst(asserted["status_list"]["lst"], max_bytes=32_768))
    assert len(lists_of) >= 3
    assert {len(bodies) for bodies in tokens_at.values()} == {1}
    assert {len(lists) for lists in lists_of.values()} == {1}


def test_a_key_signs_when_its_time_has_come_whatever_the_machines_think(three: Three) -> None:
    """K21, K5, F23: a minute early by the database's clock even the machine that is 25 s ahead is refused, and
    when it is time the one that is behind is not; all publish the same keys afterwards (R27).
    """
    ann = three.replicas[0].administrator
    listed = ann.call("GET", KEYS).json
    [waiting] = [key for key in listed if key["purpose"] == "access_token" and key["state"] == "next"]

    three.turn(PREPUBLICATION - 60)
    early = [three.rotate(replica) for replica in three.replicas]
    three.turn(PREPUBLICATION + 60)
    due = three.rotate(three.replicas[2])

    assert {answer.status for answer in early} == {409}
    assert due.status == 200
    assert {"kid": waiting["kid"], "step": "activate"} in due.json["changes"]
    assert wait_until(lambda: three.agree_on(JWKS), within=SOON)


def test_a_verifier_with_old_keys_knows_the_key_of_every_new_token(three: Three) -> None:
    """K19: fetched from whichever replica, kept for as long as it may be, and the key has changed since."""
    ann = three.replicas[0].administrator
    three.turn(2 * PREPUBLICATION + 120)
    fetched = [kids(document) for document in three.everywhere(JWKS)]
    before = header_kid(ann.create()["token"])
    three.turn(2 * PREPUBLICATION + 120 + JWKS_AGE + COOL_DOWN)

    assert three.rotate(three.replicas[1]).status == 200
    issued = [
        header_kid(
            replica.call(
                "POST",
                TOKENS,
                authorization=ann.authorization,
                json_body={"expiration": 1, "scopes": ["automation:view"], "note": "n"},
            ).json["token"]
        )
        for replica in three.replicas
    ]

    assert len(set(issued)) == 1
    assert issued[0] != before
    assert all(issued[0] in known for known in fetched)
