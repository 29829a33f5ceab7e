"""An API like Virtuozzo's: the token is a request parameter, `session`, and every answer is 200 with a `result`.

ISSUER and PORT come from the environment. /1.0/environment/control/rest/stopenv?envName=shop&session=… asks for the
scope `environment.control.stopenv`. 0 is done; the other numbers are ours, one a reason. A token in an address is
logged by most servers and every proxy: prefer the form of a POST, and log the path alone, as is done here.
"""

import json
import os
import sys
from collections import defaultdict

from aiohttp import web
from aiohttp.abc import AbstractAccessLogger
from safeconduct import Verifier
from safeconduct.adapters.admission import Refused, admit
from safeconduct.adapters.demand import Demand, Shown

ISSUER = os.environ["ISSUER"]
RESULTS = {
    "token_missing": 701,
    "token_expired": 702,
    "token_revoked": 703,
    "token_paused": 704,
    "insufficient_scope": 705,
    "token_wrong_api": 706,
    "several_credentials": 707,
    "verifier_unavailable": 708,
}
INVALID_TOKEN, UNKNOWN_METHOD, UNKNOWN_ENVIRONMENT = 700, 2, 3
RUNNING, STOPPED = "running", "stopped"
ENVIRONMENTS: dict[str, dict[str, str]] = defaultdict(lambda: {"shop": RUNNING})
"""Owner → environment → its state: everybody has a shop that runs."""
AFTERWARDS = {
    "environment.control.getenvinfo": None,
    "environment.control.startenv": RUNNING,
    "environment.control.stopenv": STOPPED,
}
"""Method → the state in which it leaves an environment; None leaves it alone."""

verifier = Verifier(ISSUER, f"{ISSUER}/1.0")


async def rest(request: web.Request) -> web.Response:
    method = "{family}.{service}.{method}".format_map(request.match_info)
    form = await request.post()
    demand = Demand(method, parameter="session", in_query=True)
    sessions = [*request.query.getall("session", ()), *form.getall("session", ())]
    shown = Shown(request.method, request.headers.getall("Authorization", ()), request.remote, (), sessions)
    try:
        claims = await admit(verifier, demand, shown)
    except Refused as refused:
        said = json.loads(refused.refusal.body)
        return result(RESULTS.get(said["code"], INVALID_TOKEN), error=said["title"], code=said["code"])
    name = form.get("envName") or request.query.get("envName", "")
    return change(ENVIRONMENTS[claims.sub], method, str(name))


def change(environments: dict[str, str], method: str, name: str) -> web.Response:
    if method not in AFTERWARDS:
        return result(UNKNOWN_METHOD, error=f"no method {method} here")
    if name not in environments:
        return result(UNKNOWN_ENVIRONMENT, error="no such environment of yours")
    environments[name] = AFTERWARDS[method] or environments[name]
    return result(0, envName=name, status=environments[name])


def result(number: int, **members: str) -> web.Response:
    return web.json_response({"result": number, **members})


class PathAlone(AbstractAccessLogger):
    """No query in the log: a token may stand there."""

    def log(self, request: web.BaseRequest, response: web.StreamResponse, time: float) -> None:
        print(request.method, request.path, response.status, f"{time:.3f} s", file=sys.stderr, flush=True)


app = web.Application()
app.router.add_route("GET", "/1.0/{family}/{service}/rest/{method}", rest)
app.router.add_route("POST", "/1.0/{family}/{service}/rest/{method}", rest)

if __name__ == "__main__":
    port = int(os.environ.get("PORT", "8090"))
    web.run_app(app, host="127.0.0.1", port=port, access_log_class=PathAlone)
