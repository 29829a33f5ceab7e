"""What nginx with the recipe of examples/ adds before a slow API, when tokens repeat.

python -m bench.gateway [--rounds N] [--seconds S] [--tokens N] [--upstream MILLISECONDS]
"""

import argparse
import json
from pathlib import Path
from statistics import median

from bench.deployment import Deployment, deployed
from bench.processes import CLIENT_CORES, ListeningServer, PythonServer, pin, running
from bench.rounds import Load, Plan, load
from bench.traffic import get
from tests.consumers.gateways import filled_in, nginx
from tests.servers.leash import Leash
from tests.servers.process import free_port

PATH = "/reports"
SCOPE = "automation:view"
GOAL_MS = 1.0
WAYS = ("straight", "nginx that asks nobody", "nginx with the recipe")


class Gateway(ListeningServer):
    """nginx with the recipe as it is shipped, but for what its comment says to change; or one that asks nobody."""

    def __init__(self, deployment: Deployment, leash: Leash, api: int, *, asks: bool) -> None:
        self.port = free_port()
        folder = deployment.folder / ("nginx" if asks else "nginx-that-asks-nobody")
        folder.mkdir()
        recipe = filled_in(
            "nginx.conf",
            port=self.port,
            api=api,
            service=deployment.server.port,
            issuer=deployment.environment["SAFECONDUCT_ISSUER"],
            credentials=deployment.prepared.basic,
        )
        asking = recipe if asks else recipe.replace("auth_request /_token;", "")
        command = nginx(folder, asking.replace("connectors:view", SCOPE))
        super().__init__("nginx", command, folder=folder, leash=leash, ready=self._listens)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.gateway")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--tokens", type=int, default=100, help="distinct ones, each of which repeats")
    parser.add_argument("--upstream", type=float, default=20.0, help="milliseconds that the API takes")
    parser.add_argument("--concurrency", type=int, default=4, help="keep-alive connections")
    arguments = parser.parse_args()
    plan = Plan(rounds=arguments.rounds, seconds=arguments.seconds, concurrency=arguments.concurrency)
    leash = Leash()
    try:
        with deployed(leash, arguments.tokens) as deployment:
            measure(deployment, leash, plan, arguments.upstream / 1_000)
    finally:
        leash.close()


def measure(deployment: Deployment, leash: Leash, plan: Plan, rest: float) -> None:
    """Rounds in turn: straight to the API, and through nginx; the tokens repeat in both."""
    requests, answer = deployment.folder / "reports.json", deployment.folder / "report"
    requests.write_text(json.dumps([get(PATH, value) for value in deployment.prepared.values]), "utf-8")
    answer.write_bytes(b"{}")
    words = ("-m", "bench.bare", "{port}", PATH, str(answer), str(rest))
    with running(
        PythonServer("api", words, folder=Path(deployment.folder), leash=leash, environment={})
    ) as api:
        gateways = [Gateway(deployment, leash, api.port, asks=asks) for asks in (False, True)]
        try:
            for gateway in gateways:
                gateway.start()
                pin(gateway.process_id, CLIENT_CORES)
                load(gateway, requests, plan)  # fills the cache
            rounds = [[load(each, requests, plan) for each in (api, *gateways)] for _ in range(plan.rounds)]
        finally:
            for gateway in gateways:
                gateway.kill9()
    for one in rounds:
        print(", ".join(f"{name} {tell(each)}" for name, each in zip(WAYS, one, strict=True)))
    added("nginx before the API", [proxied.p50_ms - straight.p50_ms for straight, proxied, _ in rounds])
    added("asking about the token", [asked.p50_ms - proxied.p50_ms for _, proxied, asked in rounds])


def tell(load: Load) -> str:
    return f"p50 {load.p50_ms:.2f} p99 {load.p99_ms:.2f} ms"


def added(what: str, more: list[float]) -> None:
    print(
        f"{what} adds {median(more):.2f} ms ({min(more):.2f}..{max(more):.2f}) at p50, goal {GOAL_MS:.0f} ms"
    )


if __name__ == "__main__":
    main()
