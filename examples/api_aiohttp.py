"""An aiohttp API behind the verifier: python examples/api_aiohttp.py, then GET /connectors with a token."""

import os

from aiohttp import web
from safeconduct import STRICT, Verifier
from safeconduct.adapters.aiohttp import CLAIMS, middleware
from safeconduct.adapters.demand import by_method

ISSUER = os.environ.get("ISSUER", "http://localhost:8080")
verifier = Verifier(ISSUER, f"{ISSUER}/api", profile=STRICT)


async def connectors(request: web.Request) -> web.Response:
    return web.json_response({"caller": request[CLAIMS].sub, "scope": request[CLAIMS].scope})


app = web.Application(middlewares=[middleware(verifier, by_method("connectors"), public=["/health"])])
app.router.add_route("*", "/connectors", connectors)
app.router.add_get("/health", lambda _: web.Response(text="up"))

if __name__ == "__main__":
    web.run_app(app, host="127.0.0.1", port=int(os.environ.get("PORT", "8090")))
