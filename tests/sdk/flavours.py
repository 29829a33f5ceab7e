"""Both verifiers behind one face, so that each promise is tested of both."""

import asyncio
from typing import Any

from safeconduct import Claims, Verifier, sync
from safeconduct.aiohttp_transport import AiohttpTransport

from tests.sdk.issuer import AUDIENCE, TestIssuer


class Plain:
    """The one that blocks."""

    def __init__(self, issuer: TestIssuer, **options: Any) -> None:
        options = {"clock": issuer.time.clock, "jitter": lambda: 0.5, **options}
        self.verifier = sync.Verifier(issuer.url, AUDIENCE, **options)

    def verify(self, token: str, **options: Any) -> Claims:
        return self.verifier.verify(token, **options)

    def settle(self) -> None:
        """Wait until nothing is fetched any more."""
        while self.verifier._flights:
            for flight in list(self.verifier._flights.values()):
                flight.wait()

    def close(self) -> None:
        self.settle()
        self.verifier.close()


class Awaited:
    """The one that awaits, in a loop of its own."""

    def __init__(self, issuer: TestIssuer, **options: Any) -> None:
        options = {"clock": issuer.time.clock, "jitter": lambda: 0.5, **options}
        self._loop = asyncio.new_event_loop()
        self.verifier = Verifier(issuer.url, AUDIENCE, **options)

    def verify(self, token: str, **options: Any) -> Claims:
        return self._loop.run_until_complete(self.verifier.verify(token, **options))

    def settle(self) -> None:
        """Wait until nothing is fetched any more."""
        while flights := list(self.verifier._flights.values()):
            self._loop.run_until_complete(asyncio.wait(flights))

    def close(self) -> None:
        if self._loop.is_closed():
            return
        self.settle()
        self._loop.run_until_complete(self.verifier.aclose())
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()


class OverAiohttp(Awaited):
    """The one that awaits, over aiohttp."""

    def __init__(self, issuer: TestIssuer, **options: Any) -> None:
        super().__init__(issuer, **{"transport": AiohttpTransport(), **options})
