"""The keys: a picture of their lives, a rotation, and the drill for a bad day."""

from typing import Final

from aiohttp import web

from keys import KeyFailure, KeyState, Purpose
from service.application.keys import KeysChangedMeanwhile
from service.ui.key_timeline import ROW, WIDTH, timeline
from service.ui.page import see_other, show, texts_of
from service.web.appkeys import FORM, SERVICES
from service.web.callers import signed_in

_ORDER: Final = tuple(KeyState)
"""In which the rows stand: next, active, retired, removed, compromised; within a state the newest first."""


async def keys_page(request: web.Request) -> web.Response:
    """Next, active, retired: which key signs, since when, and how many live tokens hang on each."""
    return await _keys(request)


async def rotate(request: web.Request) -> web.Response:
    """The next key signs from now on, once somebody typed the word for it."""
    services, form, texts = request.app[SERVICES], request[FORM], texts_of(request)
    purpose = Purpose.STATUS_LIST if form.text("purpose") == "status_list" else Purpose.ACCESS_TOKEN
    if form.text("typed").strip() != texts("keys.rotate_word"):
        return await _keys(request, fault=texts("faults.typed", word=texts("keys.rotate_word")))
    try:
        await services.rotate_keys(purpose=purpose, actor=signed_in(request).actor)
    except (KeyFailure, KeysChangedMeanwhile) as refused:
        return await _keys(request, fault=str(refused))
    return see_other(request, "/admin/keys?done=rotated")


async def compromise_page(request: web.Request) -> web.Response:
    """What would end with the key, before anything does."""
    return await _compromise(request)


async def compromise(request: web.Request) -> web.Response:
    """The key and all that it signed are worth nothing from now on."""
    services, form, texts = request.app[SERVICES], request[FORM], texts_of(request)
    kid, reason = request.match_info["kid"], form.text("reason").strip()
    if form.text("typed").strip() != kid[:8]:
        return await _compromise(request, fault=texts("faults.typed", word=kid[:8]), reason=reason)
    if not 0 < len(reason) <= 255 or not reason.isprintable():
        return await _compromise(request, fault=texts("faults.form.reason"), reason=reason)
    await services.compromise_key(kid, reason=reason, actor=signed_in(request).actor)
    return see_other(request, "/admin/keys?done=compromised")


async def _keys(request: web.Request, *, fault: str = "") -> web.Response:
    services, now = request.app[SERVICES], signed_in(request).read_at
    listings = sorted(await services.list_keys(), key=lambda each: _ORDER.index(each.key.state))
    prepublication = services.settings.prepublication
    return show(
        request,
        "admin_keys.html",
        status=422 if fault else 200,
        tab="keys",
        pictures=[
            (purpose, timeline(those, now, prepublication=prepublication))
            for purpose in Purpose
            if (those := [each for each in listings if each.key.purpose is purpose])
        ],
        width=WIDTH,
        row=ROW,
        fault=fault,
        done=request.query.get("done", ""),
    )


async def _compromise(request: web.Request, *, fault: str = "", reason: str = "") -> web.Response:
    kid = request.match_info["kid"]
    foreseen = await request.app[SERVICES].compromise_key(
        kid, reason="-", actor=signed_in(request).actor, dry_run=True
    )
    return show(
        request,
        "admin_compromise.html",
        status=422 if fault else 200,
        tab="keys",
        kid=kid,
        revoked=foreseen.revoked,
        owners=[(owner.name, owner.tokens) for owner in foreseen.damage.owners],
        apis=[(audience.id, audience.tokens) for audience in foreseen.damage.audiences],
        fault=fault,
        reason=reason,
    )
