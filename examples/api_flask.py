"""A Flask API behind the verifier: python examples/api_flask.py, then GET /connectors with a token."""

import os

from flask import Flask, g
from safeconduct import STRICT
from safeconduct.adapters.demand import by_method
from safeconduct.adapters.flask import requires
from safeconduct.sync import Verifier

ISSUER = os.environ.get("ISSUER", "http://localhost:8080")
verifier = Verifier(ISSUER, f"{ISSUER}/api", profile=STRICT)
app = Flask(__name__)


@app.route("/connectors", methods=["GET", "DELETE"])
@requires(verifier, by_method("connectors"))
def connectors() -> dict[str, object]:
    return {"caller": g.token.sub, "scope": g.token.scope}


@app.get("/health")
def health() -> str:
    return "up"


if __name__ == "__main__":
    app.run(host="127.0.0.1", port=int(os.environ.get("PORT", "8090")))
