"""Any ASGI application behind the verifier: python examples/api_asgi.py, then GET /connectors with a token."""

import json
import os

import uvicorn
from safeconduct import STRICT, Verifier
from safeconduct.adapters.asgi import CLAIMS, SafeconductMiddleware
from safeconduct.adapters.demand import by_method

ISSUER = os.environ.get("ISSUER", "http://localhost:8080")
verifier = Verifier(ISSUER, f"{ISSUER}/api", profile=STRICT)


async def connectors(scope: dict, _receive: object, send: object) -> None:
    if CLAIMS in scope:
        body = json.dumps({"caller": scope[CLAIMS].sub, "scope": scope[CLAIMS].scope}).encode()
    else:
        body = b"up"
    await send(
        {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]}
    )
    await send({"type": "http.response.body", "body": body})


app = SafeconductMiddleware(connectors, verifier, scope=by_method("connectors"), public=["/health"])

if __name__ == "__main__":
    port = int(os.environ.get("PORT", "8090"))
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", lifespan="off")
