"""One constant answer of 100 bytes, bare or behind the verifier: python -m bench.sdk_servers KIND PORT [ISSUER]."""

import sys

AUDIENCE = "https://api.example"
BODY = b"x" * 100


def aiohttp_server(port: int, issuer: str | None) -> None:
    from aiohttp import web
    from safeconduct import Verifier
    from safeconduct.adapters.aiohttp import middleware

    async def handler(_: web.Request) -> web.Response:
        return web.Response(body=BODY)

    middlewares = [middleware(Verifier(issuer, AUDIENCE), "connectors")] if issuer else []
    app = web.Application(middlewares=middlewares)
    app.router.add_get("/", handler)
    web.run_app(app, host="127.0.0.1", port=port, access_log=None, print=None)


def fastapi_server(port: int, issuer: str | None) -> None:
    import uvicorn
    from fastapi import Depends, FastAPI, Response
    from safeconduct import Verifier
    from safeconduct.adapters.fastapi import Bearer

    app = FastAPI()
    dependencies = [Depends(Bearer(Verifier(issuer, AUDIENCE), "connectors"))] if issuer else []

    @app.get("/", dependencies=dependencies)
    async def handler() -> Response:
        return Response(BODY)

    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", access_log=False)


def asgi_server(port: int, issuer: str | None) -> None:
    import uvicorn
    from fastapi import FastAPI, Response
    from safeconduct import Verifier
    from safeconduct.adapters.asgi import SafeconductMiddleware

    app = FastAPI()

    @app.get("/")
    async def handler() -> Response:
        return Response(BODY)

    wrapped = SafeconductMiddleware(app, Verifier(issuer, AUDIENCE), scope="connectors") if issuer else app
    uvicorn.run(wrapped, host="127.0.0.1", port=port, log_level="warning", access_log=False)


KINDS = {"aiohttp": aiohttp_server, "fastapi": fastapi_server, "asgi": asgi_server}

if __name__ == "__main__":
    KINDS[sys.argv[1]](int(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else None)
