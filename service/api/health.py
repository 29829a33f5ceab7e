"""/livez, /readyz, /metrics: for load balancers and those who watch."""

import hmac
from typing import Annotated, ClassVar, Literal

import msgspec
import structlog
from aiohttp import hdrs, web

from service.api.answers import Answer, T
from service.api.contract import Sent, contract
from service.domain.errors import NotSignedIn
from service.web.appkeys import METRICS, SERVICES
from service.web.client_address import parse_address

log = structlog.get_logger("health")

_FORWARDED = ("X-Forwarded-For", "Forwarded", "X-Real-IP")
_EXPOSITION = "text/plain; version=0.0.4; charset=utf-8"


class Alive(msgspec.Struct, kw_only=True):
    """The process runs its event loop."""

    status: Literal["alive"] = "alive"


class Ready(msgspec.Struct, kw_only=True):
    """Which check fails is told, why is for the logs."""

    status: Literal["ready", "not ready"]
    checks: dict[str, Literal["ok", "failed"]]


class NotReady(Answer[T]):
    STATUS: ClassVar[int] = 503


@contract(summary="Is it alive?")
async def livez(_request: web.Request) -> Answer[Alive]:
    """The process runs its event loop. It asks nobody."""
    return Answer(Alive())


@contract(summary="Is it ready?")
async def readyz(request: web.Request) -> Answer[Ready] | NotReady[Ready]:
    """Whether to send work here: which check fails is told, why is for the logs."""
    health = await request.app[SERVICES].readiness()
    if not health.ready:
        log.warning("not_ready", **health.checks)
    checks: dict[str, Literal["ok", "failed"]] = {
        name: "ok" if state == "ok" else "failed"
        for name, state in {**health.checks, **health.beside}.items()
    }
    if health.ready:
        return Answer(Ready(status="ready", checks=checks))
    return NotReady(Ready(status="not ready", checks=checks))


@contract(raises=(NotSignedIn,))
async def metrics(
    request: web.Request,
) -> Annotated[web.Response, Sent(media_type="text/plain", schema=str)]:
    """To this machine, or to whoever shows the configured token (ruling 3)."""
    if not _may_watch(request, request.app[SERVICES].settings.metrics_token):
        raise NotSignedIn("show the metrics token")
    return web.Response(body=request.app[METRICS].text(), headers={hdrs.CONTENT_TYPE: _EXPOSITION})


def _may_watch(request: web.Request, token: str) -> bool:
    scheme, _, shown = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    if shown:
        right = hmac.compare_digest(shown.encode("utf-8", "surrogateescape"), token.encode())
        return right and scheme.lower() == "bearer"
    address = parse_address(request.remote or "")
    return (
        address is not None
        and address.is_loopback
        and not any(name in request.headers for name in _FORWARDED)
    )
