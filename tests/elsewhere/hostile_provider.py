"""An OpenID provider that says whatever a test makes it say, and a browser that carries it there and back."""

import asyncio
import base64
import hashlib
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import aiohttp
import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from tests.api.oauth_fixtures import Authority
from tests.servers.process import free_port

CLIENT_ID, CLIENT_SECRET = "safeconduct", "a+secret/of:the~tests-that-is-long-enough"
ANN = {"sub": "ann-at-home", "preferred_username": "ann", "email": "ann@example.com"}

Claims = dict[str, Any]


@dataclass
class HostileProvider:
    """`claims` go into every id_token; `spoil` may change them, `header` too, at the last moment."""

    issuer: str
    clock: Callable[[], int]
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    kid: str = "the.provider's key/1="
    claims: Claims = field(default_factory=lambda: dict(ANN))
    spoil: Callable[[Claims], object] = lambda _claims: None
    sign: Callable[["HostileProvider", Claims], str] | None = None
    metadata: Claims = field(default_factory=dict)
    userinfo: Claims = field(default_factory=dict)
    asked: list[dict[str, str]] = field(default_factory=list)
    """The forms that came to the token endpoint."""
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    down: bool = False
    more_keys: list[Claims] = field(default_factory=list)

    def jwk(self) -> Claims:
        return {**ECAlgorithm.to_jwk(self.key.public_key(), as_dict=True), "kid": self.kid, "use": "sig"}

    def jwt(self, claims: Claims, **header: Any) -> str:
        return jwt.encode(claims, self.key, "ES256", headers={"kid": self.kid, **header})

    def code(self, asked: dict[str, str]) -> str:
        """For somebody who signed in, at the authorization request `asked`."""
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked
        return code

    def id_token(self, asked: dict[str, str]) -> str:
        now = self.clock()
        claims = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
            **self.claims,
        }
        self.spoil(claims)
        return self.sign(self, claims) if self.sign else self.jwt(claims)

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/.well-known/openid-configuration", self._metadata)
        app.router.add_get("/keys", self._keys)
        app.router.add_post("/token", self._token)
        app.router.add_get("/userinfo", self._userinfo)
        return app

    async def _metadata(self, _request: web.Request) -> web.Response:
        if self.down:
            return web.Response(status=503)
        return web.json_response(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize?tenant=1",
                "token_endpoint": f"{self.issuer}/token",
                "userinfo_endpoint": f"{self.issuer}/userinfo",
                "jwks_uri": f"{self.issuer}/keys",
                "authorization_response_iss_parameter_supported": True,
                **self.metadata,
            }
        )

    async def _keys(self, _request: web.Request) -> web.Response:
        return web.json_response({"keys": [{"kty": "oct", "k": "AAAA"}, self.jwk(), *self.more_keys]})

    async def _token(self, request: web.Request) -> web.Response:
        """As strict as RFC 6749 and RFC 7636 want it."""
        form = dict(parse_qsl(await request.text()))
        self.asked.append(form)
        asked = self.codes.pop(form.get("code", ""), None)
        proof = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        pair = f"{CLIENT_ID}:{quote(CLIENT_SECRET, safe='')}"
        expected = f"Basic {base64.b64encode(pair.encode()).decode()}"
        if (
            asked is None
            or asked["client_id"] != CLIENT_ID
            or proof.rstrip(b"=").decode() != asked["code_challenge"]
            or asked["redirect_uri"] != form["redirect_uri"]
            or request.headers.get("Authorization") != expected
        ):
            return web.json_response({"error": "invalid_grant"}, status=400)
        return web.json_response({"access_token": "opaque", "id_token": self.id_token(asked)})

    async def _userinfo(self, request: web.Request) -> web.Response:
        assert request.headers["Authorization"] == "Bearer opaque"
        return web.json_response(self.userinfo)


@asynccontextmanager
async def running_provider(clock: Callable[[], int]) -> AsyncIterator[HostileProvider]:
    port = free_port()
    provider = HostileProvider(f"http://localhost:{port}", clock)
    runner = web.AppRunner(provider.app())
    await runner.setup()
    await web.TCPSite(runner, "localhost", port).start()
    try:
        yield provider
    finally:
        await runner.cleanup()


def sso_file(folder: Path, *providers: str) -> str:
    """A file that names `providers` (each a table's text), with the tests' secret beside it."""
    (folder / "secret").write_text(f"{CLIENT_SECRET}\n")
    path = folder / "sso.toml"
    path.write_text("\n".join(providers))
    return str(path)


def a_provider(issuer: str, *, name: str = "home", more: str = "") -> str:
    return f"""
[[providers]]
id = "{name}"
name = "Home & Co"
issuer = "{issuer}"
client_id = "{CLIENT_ID}"
client_secret_file = "secret"
{more}
"""


@dataclass
class Browser:
    """Follows no redirect by itself; keeps cookies by name."""

    authority: Authority
    http: aiohttp.ClientSession
    cookies: dict[str, str] = field(default_factory=dict)

    async def get(self, path: str) -> tuple[int, str, str]:
        """(status, Location, text)."""
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        url = path if path.startswith("http") else self.authority.issuer + path
        async with self.http.get(
            url, headers={"Cookie": cookie} if cookie else {}, allow_redirects=False
        ) as answer:
            for header in answer.headers.getall("Set-Cookie", []):
                name, _, rest = header.partition("=")
                value = rest.partition(";")[0]
                self.cookies[name] = value
                if not value:
                    del self.cookies[name]
            return answer.status, answer.headers.get("Location", ""), await answer.text()

    async def leave(
        self, provider: str = "home", *, wanted: str = "/tokens", path: str = ""
    ) -> dict[str, str]:
        """Go off to the provider: what it is asked."""
        status, location, text = await self.get(path or f"/sign-in/with/{provider}?next={wanted}")
        assert status == 303, text
        return dict(parse_qsl(urlsplit(location).query))

    async def return_with(self, provider: str = "home", **answer: str) -> tuple[int, str, str]:
        query = "&".join(f"{name}={value}" for name, value in answer.items())
        return await self.get(f"/sign-in/with/{provider}/answer?{query}")

    async def sign_in(self, provider: HostileProvider, name: str = "home") -> tuple[int, str, str]:
        """There and back."""
        asked = await self.leave(name)
        return await self.return_with(
            name, code=provider.code(asked), state=asked["state"], iss=provider.issuer
        )

    async def me(self) -> Claims | None:
        status, _, text = await self.get("/v1/me")
        return json.loads(text) if status == 200 else None


async def together(*calls: Any) -> list[Any]:
    return await asyncio.gather(*calls)
