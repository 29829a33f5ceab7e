"""Measure throughput and memory, each figure beside its limit. README.md says what the figures mean.

python -m bench [introspection forward_auth unknown issue flood memory verification]
                [--rounds N] [--seconds S] [--quick] [--json]
"""

import argparse
import json
import os
import platform
import shlex
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bench import endpoints, report
from bench.deployment import deployed
from bench.processes import ROOT
from bench.rounds import Plan
from tests.servers.leash import Leash

KINDS = ("introspection", "forward_auth", "unknown", "issue", "flood", "memory", "verification")
LIBRARIES = ("aiohttp", "uvloop", "asyncpg", "cryptography", "PyJWT")


def main() -> None:
    arguments = read_arguments()
    header = {
        "commit": commit(),
        "command": shlex.join([Path(sys.executable).name, "-m", "bench", *sys.argv[1:]]),
        "python": platform.python_version(),
        "libraries": {name: version(name) for name in LIBRARIES},
        "cores": len(os.sched_getaffinity(0)),
    }
    if not arguments.json:
        print("\n".join(f"{name}: {value}" for name, value in header.items()), flush=True)
    measured = measure(arguments)
    if arguments.json:
        json.dump({**header, **measured}, sys.stdout, indent=1)
        print()


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("kinds", nargs="*", choices=(*KINDS, []), metavar="KIND", help=", ".join(KINDS))
    parser.add_argument("--rounds", type=int, default=5, help="of each server, in turn")
    parser.add_argument("--seconds", type=float, default=3.0, help="that each round is counted")
    parser.add_argument("--concurrency", type=int, default=32, help="keep-alive connections")
    parser.add_argument("--tokens", type=int, default=10_000, help="distinct ones")
    parser.add_argument("--quick", action="store_true", help="two short rounds, to see that it runs")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    arguments = parser.parse_args()
    arguments.kinds = arguments.kinds or list(KINDS)
    if arguments.quick:
        arguments.rounds, arguments.seconds, arguments.tokens = 2, 1.0, 1_000
    return arguments


def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    plan = Plan(rounds=arguments.rounds, seconds=arguments.seconds, concurrency=arguments.concurrency)
    measured: dict[str, Any] = {}
    if set(arguments.kinds) - {"verification"}:
        leash = Leash()
        try:
            with deployed(leash, arguments.tokens) as deployment:
                for kind in arguments.kinds:
                    if kind == "memory":
                        measured[kind] = endpoints.memory(deployment, plan)
                        tell(arguments, report.memory(measured[kind]))
                    elif kind == "flood":
                        measured[kind] = endpoints.flood(deployment, leash, plan)
                        tell(arguments, report.flood(measured[kind]))
                    elif kind != "verification":
                        measured[kind] = getattr(endpoints, kind)(deployment, leash, plan)
                        tell(arguments, report.comparison(kind, measured[kind]))
        finally:
            leash.close()
    if "verification" in arguments.kinds:
        measured["verification"] = verification(arguments)
    return measured


def verification(arguments: argparse.Namespace) -> Any:
    """(d): first-sight verification by the SDK, in a process of its own."""
    words = [sys.executable, "-m", "bench.sdk_verify", "--tokens", str(arguments.tokens)]
    if not arguments.json:
        subprocess.run(words, cwd=ROOT, check=True)
        return None
    return json.loads(subprocess.check_output([*words, "--json"], cwd=ROOT))


def tell(arguments: argparse.Namespace, text: str) -> None:
    if not arguments.json:
        print(f"\n{text}", flush=True)


def commit() -> str:
    described = subprocess.check_output(["git", "describe", "--always", "--dirty"], cwd=ROOT, text=True)
    return described.strip()


if __name__ == "__main__":
    main()
