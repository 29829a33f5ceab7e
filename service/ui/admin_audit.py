"""What was done, by whom, to what; and how the revocations get out."""

import re
from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from service.domain.audit_page import AuditPage
from service.domain.errors import StorageUnavailable
from service.domain.identifiers import from_wire
from service.ui.days import NoSuchDay, end_of, read_day, start_of, zone_of
from service.ui.page import show
from service.web.appkeys import SERVICES
from service.web.callers import signed_in

ACTIONS: Final = (
    "token",
    "session",
    "user",
    "machine",
    "client",
    "key",
    "catalogue",
    "password",
    "invitation",
)
_BEFORE: Final = re.compile(r"[0-9]{1,15}", re.ASCII)
_KIND: Final = re.compile(r"[a-z_]{1,32}(?:\.[a-z_]{1,64})?")
_PAGE: Final = 100


async def audit_page(request: web.Request) -> web.Response:
    """The newest first, by person, kind of action, and days."""
    services, query = request.app[SERVICES], request.query
    said = {
        name: query.get(name, "").strip()[:128] for name in ("who", "action", "since", "until", "subject")
    }
    listing = await services.governance.audit(await _page(request, said))
    more = ""
    if listing.next_before is not None:
        more = "?" + urlencode({**{k: v for k, v in said.items() if v}, "before": listing.next_before})
    return show(
        request,
        "admin_audit.html",
        tab="audit",
        rows=listing.rows,
        names=listing.names,
        said=said,
        actions=ACTIONS,
        more=more,
    )


async def status_page(request: web.Request) -> web.Response:
    """The lists' versions and ages, the event stream, Redis: whether a revocation gets out this very moment."""
    services, now = request.app[SERVICES], signed_in(request).read_at
    lists = []
    for list_id in await services.status_lists.ids():
        served = await services.status_lists.token(list_id)
        if served is not None:
            lists.append((list_id, served))
    push = services.publication
    try:
        standing = push.feed.standing
    except StorageUnavailable:
        standing = None
    return show(
        request,
        "admin_status.html",
        tab="status",
        lists=lists,
        standing=standing,
        readers=len(push.streams),
        redis=push.redis.state if push.redis is not None else None,
        lifetime=services.settings.status_list_lifetime,
        now=now,
    )


async def _page(request: web.Request, said: dict[str, str]) -> AuditPage:
    services, zone, before = request.app[SERVICES], zone_of(request), request.query.get("before", "")
    actor = None
    if said["who"]:
        user = await services.find_user(said["who"])
        known = from_wire(said["who"]) or (user.id if user else None)
        actor = f"user:{known}" if known else said["who"]
    since = until = None
    try:
        since = start_of(read_day(said["since"]), zone) if said["since"] else None
        until = end_of(read_day(said["until"]), zone) if said["until"] else None
    except (NoSuchDay, OverflowError):
        said["since"] = said["until"] = ""
    return AuditPage(
        actor=actor,
        action=said["action"] if _KIND.fullmatch(said["action"]) else None,
        subject=said["subject"] or None,
        since=since,
        until=until,
        before=int(before) if _BEFORE.fullmatch(before) else None,
        limit=_PAGE,
    )
