"""An API in Python with Flask and Authlib that asks the issuer about each token: a revocation is noticed at once.

ISSUER, CLIENT_ID, CLIENT_SECRET, SCOPES (any one of them will do) and PORT come from the environment.
"""

import os

import httpx
from authlib.integrations.flask_oauth2 import ResourceProtector, current_token
from authlib.oauth2.rfc7662 import IntrospectTokenValidator
from flask import Flask, Response, jsonify

ISSUER = os.environ["ISSUER"]
SCOPES = os.environ.get("SCOPES", "connectors connectors:manage connectors:view").split()
ISSUER_CALLS = httpx.Client(
    base_url=ISSUER, auth=(os.environ["CLIENT_ID"], os.environ["CLIENT_SECRET"]), timeout=5
)


class Introspection(IntrospectTokenValidator):
    """What the issuer says now; an issuer that cannot tell raises, and the API answers 503."""

    def introspect_token(self, token_string: str) -> dict:
        answer = ISSUER_CALLS.post("/oauth2/introspect", data={"token": token_string})
        return answer.raise_for_status().json()


app = Flask(__name__)
protected = ResourceProtector()
protected.register_token_validator(Introspection())


@app.get("/")
@protected(SCOPES)
def who() -> Response:
    print("accepted", flush=True)
    return jsonify(sub=current_token["sub"])


@app.errorhandler(httpx.HTTPError)
def unavailable(error: httpx.HTTPError) -> tuple[Response, int]:
    print(f"refused: verifier_unavailable {error}", flush=True)
    return jsonify(code="verifier_unavailable"), 503


@app.after_request
def note(response: Response) -> Response:
    if response.status_code in {401, 403}:
        print(f"refused: {response.get_json()['error']}", flush=True)
    return response


if __name__ == "__main__":
    app.run("127.0.0.1", int(os.environ.get("PORT", "9000")))
