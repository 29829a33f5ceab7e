"""How fast the list of many tokens comes, how much of it travels, and what a slow browser makes of it, on SQLite.

python -m bench.pages [TOKENS]   goals: 50 ms p95 of 8 at once; 60 kB without the cache; no shift; first paint in 300 ms
"""

import asyncio
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

import aiohttp
from playwright.async_api import async_playwright

from bench.processes import PythonServer, cpu_seconds, running
from bench.traffic import opened_for_bench, owner, record_ids
from keys import new_master_key_text
from service.domain.session import Carrier
from service.settings import Settings
from tests.servers.leash import Leash
from tests.tools.pieces import require

AT_ONCE = 8
REQUESTS = 400
SLOWER = 4
PAINT = """() => new Promise((done) => new PerformanceObserver((list) => {
  const paint = list.getEntries().find((each) => each.name === "first-contentful-paint");
  if (paint) done(paint.startTime);
}).observe({ type: "paint", buffered: true }))"""
SHIFT = """() => new Promise((done) => { let sum = 0; new PerformanceObserver((list) => {
  for (const each of list.getEntries()) sum += each.value;
}).observe({ type: "layout-shift", buffered: true }); setTimeout(() => done(sum), 1000); })"""


async def fill(settings: Settings, tokens: int) -> str:
    """One person with so many tokens, and the secret of their session."""
    async with opened_for_bench(settings) as opened:
        person = await owner(opened, 0)
        await record_ids(opened, [person], tokens)
        async with opened.storage.transaction() as tx:
            session = await opened.services.sessions.open(tx, person, Carrier.COOKIE)
        return session.secret.reveal()


async def load(address: str, cookie: str) -> list[float]:
    """Seconds of each answer, so many at once."""
    took: list[float] = []
    headers = {"Cookie": f"safeconduct={cookie}"}
    async with aiohttp.ClientSession(headers=headers, cookie_jar=aiohttp.DummyCookieJar()) as http:

        async def one_after_the_other() -> None:
            for _ in range(REQUESTS // AT_ONCE):
                begun = time.perf_counter()
                async with http.get(f"{address}/tokens") as answer:
                    assert answer.status == 200
                    await answer.read()
                took.append(time.perf_counter() - begun)

        await asyncio.gather(*(one_after_the_other() for _ in range(AT_ONCE)))
    return sorted(took)


async def look(address: str, cookie: str) -> tuple[float, float, float]:
    """Kilobytes that travelled, the sum of shifts, and milliseconds to the first paint with a slow processor."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=require("chromium").path, args=["--no-sandbox"]
        )
        context = await browser.new_context()
        await context.add_cookies([{"name": "safeconduct", "value": cookie, "url": address}])
        page = await context.new_page()
        devtools = await context.new_cdp_session(page)
        travelled: list[float] = []
        devtools.on("Network.loadingFinished", lambda each: travelled.append(each["encodedDataLength"]))
        await devtools.send("Network.enable")
        await devtools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        await page.goto(f"{address}/tokens", wait_until="networkidle")
        paint, shift = await page.evaluate(PAINT), await page.evaluate(SHIFT)
        await browser.close()
    return sum(travelled) / 1_000, shift, paint


def main() -> None:
    tokens = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory() as name, closing(Leash()) as leash:
        folder = Path(name)
        key = new_master_key_text()
        cookie = asyncio.run(fill(Settings(data_dir=folder, master_key=key), tokens))
        server = PythonServer(
            "safeconduct",
            ["-m", "service", "serve"],
            folder=folder,
            leash=leash,
            environment={
                "SAFECONDUCT_PORT": "{port}",
                "SAFECONDUCT_ISSUER": "http://localhost:{port}",
                "SAFECONDUCT_DATA_DIR": name,
                "SAFECONDUCT_MASTER_KEY": key,
            },
        )
        with running(server):
            address = f"http://localhost:{server.port}"
            before = cpu_seconds(server.process_id)
            took = asyncio.run(load(address, cookie))
            spent = (cpu_seconds(server.process_id) - before) / len(took)
            kilobytes, shift, paint = asyncio.run(look(address, cookie))
    print(f"{tokens} tokens, {AT_ONCE} at once: median {took[len(took) // 2] * 1e3:.0f} ms, ", end="")
    print(f"p95 {took[int(len(took) * 0.95)] * 1e3:.0f} ms (goal 50), ", end="")
    print(f"{spent * 1e3:.1f} ms of processor each")
    print(f"first visit: {kilobytes:.1f} kB (goal 60), shifts {shift:.3f} (goal 0), ", end="")
    print(f"first paint {paint:.0f} ms at 1/{SLOWER} of the processor (goal 300)")


if __name__ == "__main__":
    main()
