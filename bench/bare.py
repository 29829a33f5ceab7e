"""What aiohttp alone costs: one route that reads the body and answers a constant.

python -m bench.bare PORT PATH ANSWER_FILE [SECONDS_UNTIL_IT_ANSWERS]
"""

import asyncio
import signal
import sys
from pathlib import Path

import uvloop
from aiohttp import web


async def serve(port: int, path: str, answer: bytes, rest: float) -> None:
    async def handler(request: web.Request) -> web.Response:
        await request.read()
        if rest:
            await asyncio.sleep(rest)
        return web.Response(body=answer, content_type="application/json")

    app = web.Application()
    app.router.add_route("*", path, handler)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()
    await runner.cleanup()


def main() -> None:
    port, path, answer, *rest = sys.argv[1:]
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(int(port), path, Path(answer).read_bytes(), float(rest[0]) if rest else 0.0))


if __name__ == "__main__":
    main()
