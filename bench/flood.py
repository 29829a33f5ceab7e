"""Attempts to sign in at a steady rate, whatever becomes of those before: each with a password that is wrong, for a
name of its own, from an address of its own.

Run as `python -m bench.flood`, with a job as one JSON object on standard input; answers how many got which status.
"""

import asyncio
import json
import sys
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass

from bench.traffic import post

SIGN_IN = "/v1/session"
PATIENCE = 5.0  # seconds for one answer


@dataclass(frozen=True, kw_only=True)
class Flood:
    port: int
    rate: int
    seconds: float


def attempt(number: int) -> bytes:
    """One attempt; the address is what a proxy of ours would say."""
    body = json.dumps({"name": f"nobody {number}", "password": "correct horse battery staple"})
    address = f"X-Forwarded-For: 198.18.{number // 256 % 256}.{number % 256}"
    return post(SIGN_IN, "application/json", "", body, f"{address}\r\nConnection: close").encode()


async def send(port: int, number: int, statuses: Counter[str]) -> None:
    status = "none"
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(PATIENCE):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(attempt(number))
            status = (await reader.read())[9:12].decode("latin-1")
            writer.close()
    statuses[status] += 1


async def run(flood: Flood) -> Counter[str]:
    loop, statuses = asyncio.get_running_loop(), Counter[str]()
    began = loop.time()
    async with asyncio.TaskGroup() as attempts:
        for number in range(int(flood.rate * flood.seconds)):
            await asyncio.sleep(began + number / flood.rate - loop.time())
            attempts.create_task(send(flood.port, number, statuses))
    return statuses


def main() -> None:
    json.dump(asyncio.run(run(Flood(**json.load(sys.stdin)))), sys.stdout)


if __name__ == "__main__":
    main()
