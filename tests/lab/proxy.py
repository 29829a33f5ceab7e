"""A TCP proxy in front of a server that does to the traffic what networks, switches and bad luck do."""

import asyncio
import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from enum import Enum
from typing import TypeVar

from tests.lab.wire import Message, Messages
from tests.servers.leash import wait_until

T = TypeVar("T")

AT_ONCE = 65_536  # bytes
WITHIN = 10  # seconds, for what the proxy itself does
QUIET = 0.05  # seconds without a word
JUST = 0.5  # seconds


class Mode(Enum):
    """PASS everything; RESET every connection, now and when made; HALF_CLOSE the way back to the client.

    BLACK_HOLE loses every byte and answers nothing; connections that lost some are reset when it ends, as by a
    firewall that has forgotten them.
    """

    PASS = "pass"
    BLACK_HOLE = "black hole"
    RESET = "reset"
    HALF_CLOSE = "half-close"


class Hold:
    """A message that is kept back, or the answer to it, with all that would follow on its connection.

    When its client goes away meanwhile, the server never gets the message.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        of: Callable[[Message], bool],
        nth: int,
        *,
        answer: bool,
        every: bool,
    ):
        self._loop = loop
        self._of = of
        self._left = nth
        self._every = every
        self._released = asyncio.Event()
        self._link: _Link | None = None
        self.answer = answer
        self.reached = threading.Event()

    def release(self) -> None:
        """Let it go, and everything behind it."""
        self._loop.call_soon_threadsafe(self._released.set)

    def cut(self) -> None:
        """Reset its connection instead."""
        self._loop.call_soon_threadsafe(self._link.reset)

    def is_on(self, message: Message) -> bool:
        """Counts; whether this is the one to keep, or comes after it and is to be kept as well."""
        if not self._of(message):
            return False
        if self._left == 0:
            return self._every
        self._left -= 1
        return self._left == 0

    async def keep(self, link: "_Link") -> None:
        self._link = link
        self.reached.set()
        await self._released.wait()


class Proxy:
    """Listens on `port` of 127.0.0.1 and leads to the port `target`, as it is when a connection is made.

    `delay` is in seconds, for each packet of the server; `acts` counts the acting messages of all clients. Every
    method may be called from any thread.
    """

    def __init__(self, target: int, messages: Callable[[], Messages] = Messages) -> None:
        self.target = target
        self.messages = messages
        self.delay = 0.0
        self.mode = Mode.PASS
        self.acts = 0
        self.port = 0
        self.budget: int | None = None
        self.hold_on: Hold | None = None
        self.links: set[_Link] = set()
        self._moved_at = self._committed_at = 0.0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy")

    def start(self) -> None:
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(WITHIN)

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(WITHIN)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def enter(self, mode: Mode) -> None:
        """Treat all connections so, those that there are as well as new ones."""

        def change() -> None:
            self.mode = mode
            for link in list(self.links):
                link.meet(mode)

        self._in_loop(change)

    def calm(self) -> None:
        """Pass everything at full speed, and hold nothing more."""
        self.delay, self.budget, self.hold_on = 0.0, None, None
        self.enter(Mode.PASS)

    def hold(
        self,
        nth: int = 1,
        *,
        of: Callable[[Message], bool] = lambda message: message.acts,
        answer: bool = False,
        every: bool = False,
    ) -> Hold:
        """Keep back the nth message from now on that is one *of* those, counted over all connections, and with *every*
        those after it. With *answer*, let it pass and keep back what the server says to it.
        """
        self.hold_on = Hold(self._loop, of, nth, answer=answer, every=every)
        return self.hold_on

    def cut_after(self, count: int) -> None:
        """Let *count* more bytes of the server pass, over all connections, then reset the one that is speaking."""
        self.budget = count

    def sever(self) -> None:
        """Reset the connections that there are; new ones pass."""
        self._in_loop(lambda: [link.reset() for link in list(self.links)])

    def wait_for_quiet(self) -> None:
        """Until housekeeping, which commits every second, has just had its turn, and no client says anything."""

        def is_quiet() -> bool:
            now = time.monotonic()
            return now - self._moved_at >= QUIET and now - self._committed_at <= JUST

        assert wait_until(is_quiet, within=WITHIN)

    def meet(self, message: Message) -> Hold | None:
        """Count *message*; the hold that it is to be kept by."""
        self._moved_at = time.monotonic()
        if message.commits:
            self._committed_at = self._moved_at
        self.acts += message.acts
        hold = self.hold_on
        return hold if hold is not None and hold.is_on(message) else None

    def spend(self, octets: bytes) -> tuple[bytes, bool]:
        """What may pass of *octets*, and whether that was the last."""
        if self.budget is None:
            return octets, False
        passing = octets[: self.budget]
        self.budget -= len(passing)
        return passing, self.budget == 0

    async def _listen(self) -> asyncio.Server:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        return server

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = _Link(self, reader, writer)
        self.links.add(link)
        try:
            await link.run()
        finally:
            self.links.discard(link)

    async def _end(self) -> None:
        self._server.close()
        ours = asyncio.current_task()
        others = [task for task in asyncio.all_tasks() if task is not ours]
        for link in list(self.links):
            link.reset()
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def _in_loop(self, work: Callable[[], T]) -> T:
        async def run() -> T:
            return work()

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result(WITHIN)


class _Link:
    """One client and its way to the server."""

    def __init__(self, proxy: Proxy, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._proxy = proxy
        self._client_in, self._client_out = reader, writer
        self._server_in: asyncio.StreamReader | None = None
        self._server_out: asyncio.StreamWriter | None = None
        self._said: asyncio.Queue[Message] = asyncio.Queue()
        self._awaited: Hold | None = None
        self._has_lost = False

    async def run(self) -> None:
        jobs = [asyncio.ensure_future(self._listen()), asyncio.ensure_future(self._lead())]
        try:
            self.meet(self._proxy.mode)
            await asyncio.wait(jobs, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for job in jobs:
                job.cancel()
            await asyncio.gather(*jobs, return_exceptions=True)
            self._abort()

    def meet(self, mode: Mode) -> None:
        if mode is Mode.RESET or (mode is Mode.PASS and self._has_lost):
            self.reset()
        elif mode is Mode.HALF_CLOSE and not self._client_out.transport.is_closing():
            self._client_out.write_eof()

    def reset(self) -> None:
        raw = self._client_out.get_extra_info("socket")
        with contextlib.suppress(OSError):  # it is closed already
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._abort()

    def _abort(self) -> None:
        for writer in (self._client_out, self._server_out):
            if writer is not None:
                writer.transport.abort()

    async def _listen(self) -> None:
        messages = self._proxy.messages()
        while octets := await self._client_in.read(AT_ONCE):
            for message in messages.feed(octets):
                self._said.put_nowait(message)

    async def _lead(self) -> None:
        while self._loses():
            await self._said.get()
        self._server_in, self._server_out = await asyncio.open_connection("127.0.0.1", self._proxy.target)
        ways = [asyncio.ensure_future(self._forward()), asyncio.ensure_future(self._answer())]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)

    async def _forward(self) -> None:
        while True:
            message = await self._said.get()
            if (hold := self._proxy.meet(message)) is not None:
                if hold.answer:
                    self._awaited = hold
                else:
                    await hold.keep(self)
            if not self._loses():
                self._server_out.write(message.octets)

    async def _answer(self) -> None:
        while octets := await self._server_in.read(AT_ONCE):
            await asyncio.sleep(self._proxy.delay)
            if (hold := self._awaited) is not None:
                self._awaited = None
                await hold.keep(self)
            if self._loses():
                continue
            passing, was_last = self._proxy.spend(octets)
            if not self._client_out.transport.is_closing() and self._proxy.mode is not Mode.HALF_CLOSE:
                self._client_out.write(passing)
            if was_last:
                await self._client_out.drain()
                return

    def _loses(self) -> bool:
        loses = self._proxy.mode is Mode.BLACK_HOLE
        self._has_lost |= loses
        return loses


@contextlib.contextmanager
def proxy_to(target: int, messages: Callable[[], Messages] = Messages) -> Iterator[Proxy]:
    """A proxy for as long as the block lasts."""
    proxy = Proxy(target, messages)
    proxy.start()
    try:
        yield proxy
    finally:
        proxy.stop()
