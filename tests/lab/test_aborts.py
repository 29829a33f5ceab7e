"""Clients that go away in the middle: nobody ever gets another one's answer (R65, R66)."""

import asyncio
import random
import secrets
from dataclasses import dataclass

import pytest

from tests.lab.exchange import Answer, request_bytes
from tests.lab.healthy import Witness
from tests.lab.proxy import Proxy
from tests.lab.replica import TOKENS, Replica

PEOPLE = 6
AT_ONCE = 40
LONGEST = 0.03  # seconds until an abort: longer than most requests take


@dataclass(frozen=True)
class Nonced:
    """A request, and what its answer alone may hold."""

    request: bytes
    nonce: str


def questions(replica: Replica) -> list[Nonced]:
    """Who am I, is this active, change this note: each names its own subject."""
    asked = []
    for number in range(PEOPLE):
        person = replica.administrator.invite(f"person {secrets.token_hex(4)} {number}")
        me = request_bytes("GET", "/v1/me", authorization=person.authorization)
        asked.append(Nonced(me, person.id))
        for _ in range(2):
            made, note = person.create(), secrets.token_hex(8)
            asking = request_bytes(
                "POST",
                "/oauth2/introspect",
                authorization=replica.gateway.authorization,
                form={"token": made["token"]},
            )
            changing = request_bytes(
                "PATCH",
                f"{TOKENS}/{made['id']}",
                authorization=person.authorization,
                json_body={"note": note},
            )
            asked += [Nonced(asking, person.id), Nonced(changing, note)]
    return asked


async def aborted(port: int, request: bytes, after: float) -> None:
    """Send it, at times in part, and reset the connection some time later."""
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request[: random.choice([len(request), len(request), len(request) - 3])])
    await asyncio.sleep(after)
    writer.transport.abort()


async def answered(port: int, nonced: Nonced) -> tuple[Nonced, Answer]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(nonced.request)
    raw = await asyncio.wait_for(reader.read(), 20)
    writer.close()
    return nonced, Answer(raw, 0)


async def storm(replica: Replica, asked: list[Nonced], aborts: int) -> list[tuple[Nonced, Answer]]:
    """So many aborted requests, and beside each fourth a whole one, with its answer."""
    room = asyncio.Semaphore(AT_ONCE)
    answers: list[tuple[Nonced, Answer]] = []

    async def one(number: int) -> None:
        async with room:
            if number % 5 == 0:
                answers.append(await answered(replica.port, random.choice(asked)))
            else:
                await aborted(replica.port, random.choice(asked).request, random.uniform(0, LONGEST))

    async with asyncio.TaskGroup() as tasks:
        for number in range(aborts * 5 // 4):
            tasks.create_task(one(number))
    return answers


def strangers(answers: list[tuple[Nonced, Answer]]) -> list[bytes]:
    """Answers that do not name the subject of their question; 503 names nobody, and is what a full house says."""
    return [
        answer.raw
        for nonced, answer in answers
        if answer.status != 503 and (answer.status != 200 or nonced.nonce.encode() not in answer.body)
    ]


def successes(answers: list[tuple[Nonced, Answer]]) -> int:
    return sum(answer.status == 200 for _, answer in answers)


@pytest.mark.parametrize("aborts", [2_000, pytest.param(20_000, marks=pytest.mark.nightly)])
def test_requests_that_are_given_up_never_answer_another_one(
    replica: Replica, proxy: Proxy, aborts: int
) -> None:
    """R65: on PostgreSQL with a little delay, so that aborts fall between any two statements."""
    replica.start()
    witness = Witness(replica)
    asked = questions(replica)
    proxy.delay = 0.001

    during = asyncio.run(storm(replica, asked, aborts))
    proxy.calm()
    afterwards = [asyncio.run(answered(replica.port, nonced)) for nonced in asked]

    assert strangers(during) == []
    assert (
        successes(during) > len(during) / 2
    )  # the rest says 503: how many wait too long is the machine's affair
    assert strangers(afterwards) == []
    assert successes(afterwards) == len(asked)
    witness.assert_recovery()


def test_a_database_that_cuts_answers_short_mixes_up_nobody(replica: Replica, proxy: Proxy) -> None:
    """R65: connections that broke in the middle of a row are never used again."""
    replica.start()
    witness = Witness(replica)
    asked = questions(replica)

    broken = []
    for _ in range(25):
        proxy.cut_after(random.randrange(1, 4_000))
        broken += asyncio.run(storm(replica, asked, 4))
        proxy.calm()
    afterwards = [asyncio.run(answered(replica.port, nonced)) for nonced in asked]

    assert strangers(broken) == []
    assert strangers(afterwards) == []
    assert successes(afterwards) == len(asked)
    witness.assert_recovery()


def test_every_answer_names_its_own_caller(replica: Replica) -> None:
    """R66: people and tokens side by side, hundreds of answers, not one of another's."""
    replica.start()
    asked = questions(replica)

    async def side_by_side() -> list[tuple[Nonced, Answer]]:
        rounds = [await asyncio.gather(*(answered(replica.port, each) for each in asked)) for _ in range(10)]
        return [pair for answers in rounds for pair in answers]

    answers = asyncio.run(side_by_side())

    assert strangers(answers) == []
    assert successes(answers) >= len(answers) * 0.9
