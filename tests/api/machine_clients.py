"""Clients that act for machine users, as they call the token endpoint."""

import json
import secrets
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm
from safeconduct.base64url import encode

from service.domain.client import Client
from service.domain.user import Grant, GrantKind, User
from tests.api.oauth_fixtures import Answer, Authority, basic

TOKEN = "/oauth2/token"
BY_JWT = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_ES256 = ECAlgorithm(ECAlgorithm.SHA256)


async def a_machine(authority: Authority, *scopes: str) -> User:
    grant = Grant(GrantKind.LISTED, scopes) if scopes else Grant(GrantKind.ALL)
    name = secrets.token_hex(4)
    await authority.user(f"person {name}")
    machine = await authority.services.machines.create(
        name=f"machine {name}", responsible=[f"person {name}"], grant=grant, actor="test"
    )
    return machine.user


@dataclass(frozen=True)
class Job:
    """A client that acts for a machine user."""

    authority: Authority
    machine: User
    client: Client
    secret: str

    @property
    def basic(self) -> str:
        return basic(self.client.id, self.secret)

    async def ask(self, **members: str) -> Answer:
        """The token endpoint's answer to client_credentials, `members` changed."""
        form = {"grant_type": "client_credentials", "scope": "company", **members}
        return await self.authority.post(
            TOKEN, {name: value for name, value in form.items() if value}, self.basic
        )

    async def token(self, **members: str) -> str:
        answer = await self.ask(**members)
        assert answer.status == 200, answer
        return json.loads(answer.body)["access_token"]


async def a_job(authority: Authority, *scopes: str, audiences: tuple[str, ...] = ()) -> Job:
    machine = await a_machine(authority, *scopes)
    client, secret = await authority.services.create_client(
        name="job", audiences=audiences, permissions=(), machine=machine.name, actor="test"
    )
    return Job(authority, machine, client, secret.reveal())


@dataclass
class Signer:
    """A client's own key, in its own hands."""

    kid: str = "one"
    key: Any = None

    def __post_init__(self) -> None:
        self.key = self.key or ec.generate_private_key(ec.SECP256R1())

    @property
    def jwk(self) -> dict[str, Any]:
        public = ECAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        return {name: public[name] for name in ("kty", "crv", "x", "y")} | {
            "kid": self.kid,
            "alg": "ES256",
            "use": "sig",
        }

    @property
    def jwks(self) -> dict[str, Any]:
        return {"keys": [self.jwk]}

    def sign(self, claims: object, header: object | None = None) -> str:
        """Whatever it is, signed with our key as ES256."""
        header = {"alg": "ES256", "typ": "JWT", "kid": self.kid} if header is None else header
        parts = [part if isinstance(part, bytes) else json.dumps(part).encode() for part in (header, claims)]
        signing_input = ".".join(map(encode, parts))
        return f"{signing_input}.{encode(_ES256.sign(signing_input.encode(), self.key))}"


@dataclass
class Asserting:
    """A client that proves itself by what it signs."""

    authority: Authority
    client: Client
    signer: Signer

    def claims(self, **changes: object) -> dict[str, object]:
        """Of a good assertion, `changes` made; None leaves a claim out."""
        now = self.authority.clock()
        claims = {
            "iss": self.client.id,
            "sub": self.client.id,
            "aud": self.authority.issuer,
            "jti": secrets.token_hex(8),
            "iat": now,
            "exp": now + 60,
        }
        return {name: value for name, value in (claims | changes).items() if value is not None}

    def assertion(self, **changes: object) -> str:
        return self.signer.sign(self.claims(**changes))

    async def ask(self, assertion: str, target: str = TOKEN, **members: str) -> Answer:
        form = {
            "client_assertion_type": BY_JWT,
            "client_assertion": assertion,
            "grant_type": "client_credentials",
            "scope": "company",
            "token": "x",
            **members,
        }
        return await self.authority.post(target, {name: value for name, value in form.items() if value})


async def an_asserting(authority: Authority, jwks: dict[str, Any] | None = None) -> Asserting:
    """A client with keys that acts for a machine and may introspect and revoke."""
    machine, signer = await a_machine(authority), Signer()
    client, _ = await authority.services.create_client(
        name="job",
        audiences=(),
        permissions=("introspect", "revoke"),
        machine=machine.name,
        jwks=jwks or signer.jwks,
        actor="test",
    )
    return Asserting(authority, client, signer)
