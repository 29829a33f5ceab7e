"""Any WSGI application behind the verifier: python examples/api_wsgi.py, then GET /connectors with a token."""

import json
import os
from wsgiref.simple_server import make_server

from safeconduct import STRICT
from safeconduct.adapters.demand import by_method
from safeconduct.adapters.wsgi import CLAIMS, SafeconductMiddleware
from safeconduct.sync import Verifier

ISSUER = os.environ.get("ISSUER", "http://localhost:8080")
verifier = Verifier(ISSUER, f"{ISSUER}/api", profile=STRICT)


def connectors(environ: dict, start_response: object) -> list[bytes]:
    start_response("200 OK", [("Content-Type", "application/json")])
    if CLAIMS not in environ:
        return [b"up"]
    token = environ[CLAIMS]
    return [json.dumps({"caller": token.sub, "scope": token.scope}).encode()]


app = SafeconductMiddleware(connectors, verifier, scope=by_method("connectors"), public=["/health"])

if __name__ == "__main__":
    make_server("127.0.0.1", int(os.environ.get("PORT", "8090")), app).serve_forever()
