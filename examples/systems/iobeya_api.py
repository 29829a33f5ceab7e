"""An API like iObeya's: rooms with cards, called by Power Automate and by machines. A token does what its owner may.

ISSUER and PORT come from the environment. Every room is open to who has `rooms:view`; a card belongs to who made it.
"""

import os
from typing import Any

from aiohttp import web
from safeconduct import Verifier
from safeconduct.adapters.aiohttp import CLAIMS, middleware, requires

ISSUER = os.environ["ISSUER"]
CARDS: list[dict[str, Any]] = []
ACCOUNTS: list[str] = []


@requires("rooms:view")
async def rooms(_: web.Request) -> web.Response:
    return web.json_response([{"id": "obeya", "name": "Obeya"}])


@requires("cards")
async def add_card(request: web.Request) -> web.Response:
    card = {"text": (await request.json())["text"], "author": request[CLAIMS].sub}
    CARDS.append(card)
    return web.json_response(card, status=201)


@requires("cards:view")
async def cards(_: web.Request) -> web.Response:
    return web.json_response(CARDS)


@requires("accounts")
async def add_account(request: web.Request) -> web.Response:
    ACCOUNTS.append((await request.json())["name"])
    return web.json_response({"accounts": ACCOUNTS}, status=201)


app = web.Application(middlewares=[middleware(Verifier(ISSUER, f"{ISSUER}/s/j"), public=["/health"])])
app.router.add_get("/s/j/rooms", rooms)
app.router.add_get("/s/j/cards", cards)
app.router.add_post("/s/j/cards", add_card)
app.router.add_post("/s/j/accounts", add_account)
app.router.add_get("/health", lambda _: web.Response(text="up"))

if __name__ == "__main__":
    web.run_app(app, host="127.0.0.1", port=int(os.environ.get("PORT", "8090")))
