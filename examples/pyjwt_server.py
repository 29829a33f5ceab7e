"""An API in Python that knows PyJWT alone: it trusts what offline_verifier.py trusts, and names what it misses.

ISSUER, AUDIENCE, SCOPES (any one of them will do) and PORT come from the environment. A revocation is noticed within
the list's ttl; an issuer that cannot be reached for a fresh list is 503, never a guess.
"""

import json
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt
from offline_verifier import verify

SCOPES = os.environ.get("SCOPES", "connectors connectors:manage connectors:view")


class Api(BaseHTTPRequestHandler):
    """GET anything: who calls."""

    def do_GET(self) -> None:
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            self.refuse(401, "token_missing")
            return
        try:
            claims = verify(token)
        except jwt.PyJWKClientConnectionError as error:
            self.refuse(503, "verifier_unavailable", error)
        except (jwt.PyJWTError, ValueError, KeyError, IndexError) as error:
            self.refuse(401, "invalid_token", error)
        except OSError as error:
            self.refuse(503, "verifier_unavailable", error)
        else:
            if not set(SCOPES.split()).isdisjoint(claims["scope"].split()):
                self.answer(200, {"sub": claims["sub"]}, "accepted")
            else:
                self.refuse(403, "insufficient_scope")

    def refuse(self, status: int, code: str, reason: object = "") -> None:
        self.answer(status, {"code": code, "detail": str(reason)}, f"refused: {code} {reason}")

    def answer(self, status: int, document: dict[str, str], line: str) -> None:
        print(line, flush=True)
        body = json.dumps(document).encode()
        self.send_response(status)
        if status in {401, 403}:
            self.send_header("WWW-Authenticate", f'Bearer error="{document["code"]}", scope="{SCOPES}"')
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_words: object) -> None:
        """A line of our own says more, and repeats nothing of the request."""


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "9000"))), Api)
    print("listening", file=sys.stderr, flush=True)
    server.serve_forever()
