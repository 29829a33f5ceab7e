"""An API like Locoia's: one path an entity, and the catalogue tells what each scope may do to it.

ISSUER, PORT and CATALOGUE, the file that was applied, come from the environment. GET reads, POST creates, PATCH
updates, DELETE deletes, and POST /webhook_flows/trigger triggers a flow.
"""

import os
import tomllib
from pathlib import Path

from aiohttp import web
from safeconduct import Verifier
from safeconduct.adapters.aiohttp import CLAIMS, middleware
from safeconduct.catalogue import ScopeCatalogue

ISSUER = os.environ["ISSUER"]
TEXT = Path(os.environ["CATALOGUE"]).read_text("utf-8").replace("{issuer}", ISSUER)
DOCUMENT = tomllib.loads(TEXT)
CATALOGUE = ScopeCatalogue.from_document({n: DOCUMENT[n] for n in ("operations", "entities", "families")})
OPERATIONS = {"GET": "read", "POST": "create", "PATCH": "update", "DELETE": "delete"}


async def entity(request: web.Request) -> web.Response:
    name, operation = request.match_info["entity"], OPERATIONS[request.method]
    return answer(request, name, operation)


async def trigger(request: web.Request) -> web.Response:
    return answer(request, "webhook_flows", "trigger")


def answer(request: web.Request, name: str, operation: str) -> web.Response:
    claims = request[CLAIMS]
    if not CATALOGUE.allows(claims.scope, name, operation):
        refused = {"code": "insufficient_scope", "title": f"This token may not {operation} {name}"}
        challenge = {"WWW-Authenticate": 'Bearer error="insufficient_scope"'}
        return web.json_response(refused, status=403, headers=challenge)
    return web.json_response({"owner": claims.sub, "did": f"{operation} {name}"})


app = web.Application(middlewares=[middleware(Verifier(ISSUER, f"{ISSUER}/api"), public=["/health"])])
app.router.add_get("/health", lambda _: web.Response(text="up"))
app.router.add_post("/webhook_flows/trigger", trigger)
for method in OPERATIONS:
    app.router.add_route(method, "/{entity}", entity)

if __name__ == "__main__":
    web.run_app(app, host="127.0.0.1", port=int(os.environ.get("PORT", "8090")))
