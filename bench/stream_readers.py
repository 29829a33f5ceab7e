"""Many readers of one event stream, as cheap as they can be, so that what is measured is the service: bytes are only
looked through for the name of an event.

Runs by itself: `{"port": …, "readers": …, "events": …}` on standard input; says "ready" once every reader has its
place, and after so many changes writes when each reader had each of them, by the monotonic clock of the machine.
"""

import json
import select
import socket
import sys
import time

ASK = b"GET /v1/revocations HTTP/1.1\r\nHost: bench\r\n\r\n"
PLACED = b"event: resync"
CHANGE = b"event: change"


def opened(port: int) -> socket.socket:
    """A reader that has been told where the lists stand."""
    reader = socket.create_connection(("127.0.0.1", port))
    reader.sendall(ASK)
    said = b""
    while PLACED not in said:
        if not (more := reader.recv(65_536)):
            raise ConnectionError(said)
        said += more
    reader.setblocking(False)
    return reader


def heard(readers: dict[int, socket.socket], events: int) -> list[list[float]]:
    """For each event when each reader had it."""
    times: dict[int, list[float]] = {number: [] for number in readers}
    waiting = set(readers)
    with select.epoll() as poll:
        for number in readers:
            poll.register(number, select.EPOLLIN)
        while waiting:
            for number, _ in poll.poll():
                said = readers[number].recv(65_536)
                now = time.monotonic()
                times[number] += [now] * said.count(CHANGE)
                if len(times[number]) >= events:
                    waiting.discard(number)
    return [[each[number] for each in times.values()] for number in range(events)]


def main() -> None:
    job = json.loads(sys.stdin.readline())
    readers = {each.fileno(): each for each in (opened(job["port"]) for _ in range(job["readers"]))}
    print("ready", flush=True)
    print(json.dumps(heard(readers, job["events"])))


if __name__ == "__main__":
    main()
