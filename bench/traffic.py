"""What the clients send: people, tokens and a client made by the real use cases, as whole HTTP/1.1 messages."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from keys import MasterKey, MasterKeys
from service.application.issue import Issued
from service.clock import system_clock
from service.domain.issuance import Expiry, TokenRequest
from service.domain.session import Carrier
from service.domain.user import Grant, GrantKind, Role, User
from service.settings import Settings
from service.wiring import Opened, open_services, shipped_catalogue

INTROSPECT = "/oauth2/introspect"
ISSUE = "/v1/personal-access-tokens"
FORWARD_AUTH = "/v1/forward-auth"
OWNERS = 1_000
SCOPES = ("automation:view", "company")
AT_ONCE = 64
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
CEILING = 100_000  # per owner, beyond what a run can make: the rules are asked, and never refuse


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """Introspections of distinct tokens, and creations by distinct people who are signed in.

    `twins` ask about the same tokens under the other valid signature of their ECDSA pair: genuine, but nobody has
    their hash. `forwards` ask as a gateway does. `values` are the tokens, `basic` the client's id and secret.
    """

    introspections: list[str]
    twins: list[str]
    creations: list[str]
    forwards: list[str]
    values: list[str]
    basic: str


async def prepare(settings: Settings, tokens: int) -> Prepared:
    """Fill an empty database, and answer the requests that it can be asked."""
    async with opened_for_bench(settings) as opened:
        owners = [await owner(opened, number) for number in range(min(OWNERS, tokens))]
        values = await _values(opened, owners, tokens)
        client, secret = await opened.services.create_client(
            name="gateway", audiences=(), permissions=("introspect",), actor="bench"
        )
        basic = base64.b64encode(f"{client.id}:{secret.reveal()}".encode()).decode()
        return Prepared(
            introspections=[_introspection(f"Basic {basic}", value) for value in values],
            twins=[_introspection(f"Basic {basic}", twin(value)) for value in values],
            creations=[_creation(f"Bearer {await _bearer(opened, each)}") for each in owners],
            forwards=[_forward(basic, value) for value in values],
            values=values,
            basic=basic,
        )


@asynccontextmanager
async def opened_for_bench(settings: Settings) -> AsyncIterator[Opened]:
    masters = MasterKeys(MasterKey.from_text(settings.master_key))
    async with open_services(settings, system_clock, masters=masters) as opened:
        catalogue = shipped_catalogue(settings)
        policy = replace(
            catalogue.policy, confirm=3_600, max_live_tokens_per_user=CEILING, max_creations_per_hour=CEILING
        )
        await opened.services.apply_catalogue(replace(catalogue, policy=policy), actor="bench")
        yield opened


async def owner(opened: Opened, number: int) -> User:
    user, _ = await opened.services.create_user(
        name=f"owner {number}", role=Role.USER, grant=Grant(GrantKind.ALL), actor="bench"
    )
    return user


async def _values(opened: Opened, owners: list[User], tokens: int) -> list[str]:
    return [issued.jwt.reveal() for issued in await _issued(opened, owners, tokens)]


async def record_ids(opened: Opened, owners: list[User], tokens: int) -> list[str]:
    return [issued.token.id for issued in await _issued(opened, owners, tokens)]


async def _issued(opened: Opened, owners: list[User], tokens: int) -> list[Issued]:
    request = TokenRequest(note="bench", scopes=SCOPES, expiry=Expiry(days=30))
    made_so_far: list[Issued] = []
    for start in range(0, tokens, AT_ONCE):
        numbers = range(start, min(start + AT_ONCE, tokens))
        made = [
            opened.services.issue(request, owner_id=owners[number % len(owners)].id, actor="bench")
            for number in numbers
        ]
        made_so_far += await asyncio.gather(*made)
    return made_so_far


async def _bearer(opened: Opened, owner: User) -> str:
    async with opened.storage.transaction() as tx:
        session = await opened.services.sessions.open(tx, owner, Carrier.BEARER)
    return session.secret.reveal()


def twin(jwt: str) -> str:
    """The same token, ES256, with (r, n - s) for (r, s)."""
    signed, _, signature = jwt.rpartition(".")
    raw = base64.urlsafe_b64decode(signature + "==")
    other = raw[:32] + (P256_ORDER - int.from_bytes(raw[32:])).to_bytes(32)
    return f"{signed}.{base64.urlsafe_b64encode(other).rstrip(b'=').decode()}"


def _introspection(authorization: str, value: str) -> str:
    form = urlencode({"token": value, "token_type_hint": "access_token"})
    return post(INTROSPECT, "application/x-www-form-urlencoded", authorization, form)


def _creation(authorization: str) -> str:
    body = json.dumps({"note": "bench", "scopes": SCOPES, "expiration": 30})
    return post(ISSUE, "application/json", authorization, body)


def _forward(basic: str, value: str) -> str:
    return get(f"{FORWARD_AUTH}?scope=automation:view", value, f"X-Gateway-Authorization: Basic {basic}")


def get(target: str, value: str, *more: str) -> str:
    """A request with a token; `more` are further lines of its head."""
    lines = [f"GET {target} HTTP/1.1", "Host: localhost", f"Authorization: Bearer {value}", *more]
    return "\r\n".join([*lines, "", ""])


def post(path: str, content_type: str, authorization: str, body: str, *more: str) -> str:
    """A request, without credentials where `authorization` is empty; `more` are further lines of its head."""
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: localhost",
        *([f"Authorization: {authorization}"] if authorization else ()),
        f"Content-Type: {content_type}",
        f"Content-Length: {len(body)}",
        *more,
    ]
    return "\r\n".join([*lines, "", body])
