"""The readers that docs/redis.md shows, taken from the page as they stand."""

import contextlib
import hashlib
import importlib.util
import json
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import redis

PAGE = Path(__file__).parents[2] / "docs" / "redis.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PATIENCE = 5  # seconds

Reader = Callable[[str, int], str]
"""Of a list's URI and an index: valid, refuse or unknown."""

_NODE = """
import { createInterface } from "node:readline";
import { redisStatus } from "./reader.mjs";
const [port, issuer] = process.argv.slice(2);
const status = redisStatus(Number(port), "127.0.0.1", issuer);
for await (const line of createInterface({ input: process.stdin })) {
  const [uri, idx] = JSON.parse(line);
  console.log(await status(uri, idx));
}
"""


def shown(language: str) -> str:
    """The one program in that language."""
    [text] = [text for name, text in BLOCK.findall(PAGE.read_text("utf-8")) if name == language]
    return text


def prefix(issuer: str) -> str:
    return f"safeconduct:{{{hashlib.sha256(issuer.encode()).hexdigest()[:16]}}}:"


@contextlib.contextmanager
def python_reader(url: str, issuer: str, folder: Path, **_: object) -> Iterator[Reader]:
    path = folder / "redis_status.py"
    path.write_text(shown("python"))
    spec = importlib.util.spec_from_file_location("redis_status", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with redis.Redis.from_url(url, socket_timeout=0.25) as client:
        yield module.RedisStatus(client, issuer).read


@contextlib.contextmanager
def lua_reader(url: str, issuer: str, folder: Path, **_: object) -> Iterator[Reader]:
    script, seen = shown("lua"), ["0", "0"]
    with redis.Redis.from_url(url, socket_timeout=0.25) as client:

        def read(uri: str, idx: int) -> str:
            keys = [f"{prefix(issuer)}meta", f"{prefix(issuer)}list:{uri.rpartition('/')[2]}"]
            arguments = [issuer, idx, int(time.time()), 60, *seen]
            try:
                verdict, *seen[:] = client.eval_ro(script, 2, *keys, *arguments)
            except redis.RedisError:
                return "unknown"
            return verdict.decode()

        yield read


@contextlib.contextmanager
def javascript_reader(url: str, issuer: str, folder: Path, *, node: Path) -> Iterator[Reader]:
    (folder / "reader.mjs").write_text(shown("javascript"))
    (folder / "driver.mjs").write_text(_NODE)
    port = url.rpartition(":")[2].partition("/")[0]
    with subprocess.Popen(
        [node, folder / "driver.mjs", port, issuer],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    ) as process:

        def read(uri: str, idx: int) -> str:
            process.stdin.write(json.dumps([uri, idx]) + "\n")
            return process.stdout.readline().strip()

        yield read


READERS = {"python": python_reader, "javascript": javascript_reader, "lua": lua_reader}
