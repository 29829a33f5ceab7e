"""How fast the list of many tokens comes, how much of it travels, and what a slow browser makes of it, on SQLite.

python -m bench.pages [TOKENS]   goals: 50 ms p95 of 8 at once; 60 kB without the cache; no shift; first paint in 300 ms

Bare aiohttp answers the same page as a constant, in rounds in turn: what it takes, the clients and the neighbours take.
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
REQUESTS = 200
ROUNDS = 7
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


async def one_page(address: str, cookie: str) -> bytes:
    """The page itself, asked for often enough that all templates are compiled and all connections opened."""
    await load(address, cookie)
    async with aiohttp.ClientSession(headers={"Cookie": f"safeconduct={cookie}"}) as http:
        return await (await http.get(f"{address}/tokens")).read()


async def load(address: str, cookie: str) -> list[float]:
    """Milliseconds of each answer, so many at once."""
    took: list[float] = []
    headers = {"Cookie": f"safeconduct={cookie}"}
    async with aiohttp.ClientSession(headers=headers, cookie_jar=aiohttp.DummyCookieJar()) as http:

        async def one_after_the_other() -> None:
            for _ in range(REQUESTS // AT_ONCE):
                begun = time.perf_counter()
                async with http.get(f"{address}/tokens") as answer:
                    assert answer.status == 200
                    await answer.read()
                took.append((time.perf_counter() - begun) * 1e3)

        await asyncio.gather(*(one_after_the_other() for _ in range(AT_ONCE)))
    return sorted(took)


def measured(server: PythonServer, cookie: str) -> tuple[float, float, float]:
    """One round: milliseconds of the median and of the p95, and of processor a page."""
    before = cpu_seconds(server.process_id)
    took = asyncio.run(load(f"http://localhost:{server.port}", cookie))
    spent = (cpu_seconds(server.process_id) - before) / len(took) * 1e3
    return took[len(took) // 2], took[int(len(took) * 0.95)], spent


def tell(rounds: list[tuple[tuple[float, float, float], tuple[float, float, float]]]) -> None:
    """The median round of each figure, with the least and the most."""
    for place, name in enumerate(("median, ms", "p95, ms (goal 50)", "processor a page, ms")):
        bare, pages = (sorted(one[which][place] for one in rounds) for which in (0, 1))
        ratio = sorted(one[1][place] / one[0][place] for one in rounds if one[0][place])
        middle = len(rounds) // 2
        print(
            f"{name:24} {pages[middle]:6.1f} ({pages[0]:.1f}..{pages[-1]:.1f})   bare {bare[middle]:5.1f} "
            f"({bare[0]:.1f}..{bare[-1]:.1f})   times {ratio[len(ratio) // 2]:.1f}"
        )


async def look(address: str, cookie: str) -> tuple[float, float, float, float]:
    """Kilobytes that travelled, the sum of shifts, and milliseconds to the first paint with a slow processor: of the
    list, and of one word that no server sends.
    """
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
        await page.goto("data:text/html,word")
        word = await page.evaluate(PAINT)
        await page.goto(f"{address}/tokens", wait_until="networkidle")
        paint, shift = await page.evaluate(PAINT), await page.evaluate(SHIFT)
        await browser.close()
    return sum(travelled) / 1_000, shift, paint, word


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
            constant = folder / "page"
            constant.write_bytes(asyncio.run(one_page(address, cookie)))
            command = ("-m", "bench.bare", "{port}", "/tokens", str(constant))
            with running(PythonServer("bare", command, folder=folder, leash=leash, environment={})) as bare:
                rounds = [(measured(bare, cookie), measured(server, cookie)) for _ in range(ROUNDS)]
            looks = sorted((asyncio.run(look(address, cookie)) for _ in range(5)), key=lambda each: each[2])
    print(f"{tokens} tokens, {AT_ONCE} at once, {ROUNDS} rounds of {REQUESTS}")
    tell(rounds)
    kilobytes, shift, paint, _ = looks[2]
    words = sorted(each[3] for each in looks)
    print(f"first visit: {kilobytes:.1f} kB (goal 60), shifts {shift:.3f} (goal 0), ", end="")
    print(f"first paint {paint:.0f} ms ({looks[0][2]:.0f}..{looks[-1][2]:.0f}) ", end="")
    print(
        f"at 1/{SLOWER} of the processor (goal 300); of one word {words[2]:.0f} ({words[0]:.0f}..{words[-1]:.0f})"
    )


if __name__ == "__main__":
    main()
