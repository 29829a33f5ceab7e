"""Change tokens: edit, a new value, pause, resume, remove."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from aiohttp import web

from service.domain.edit import Edit
from service.domain.errors import Busy, Faulty, LimitReached, NeedsNewValue, Refused, ScopeExceedsGrant
from service.domain.idempotency import IdempotencyKey, is_key
from service.domain.identifiers import to_wire
from service.domain.issuance import TokenRequest
from service.domain.overlap import NO_OVERLAP, Overlap
from service.domain.token import Token
from service.domain.user import Role, User
from service.ui.days import zone_of
from service.ui.page import see_other
from service.ui.token_form import TokenForm, new_key, with_rights
from service.ui.token_list import chosen
from service.ui.token_new import asked_by, show_form, show_made
from service.ui.whose import Reached, list_of, owner_said, reached
from service.web.appkeys import FORM, SERVICES
from service.web.callers import signed_in
from service.web.confirmation import demand_confirmation

_DAY_LONG: Final = Overlap(seconds=86_400, until_used=True)
_REASONS: Final = ("lost", "leaked", "no longer needed", "other")


async def edit_page(request: web.Request) -> web.Response:
    """Its settings, to be changed."""
    found = await reached(request)
    return await _again(request, found, _form_of(request, found.token), title="edit")


async def edit_token(request: web.Request) -> web.Response:
    """Save in place; what the signature carries makes a new value, which is shown once."""
    found = await reached(request)
    token, services, who = found.token, request.app[SERVICES], signed_in(request)
    typed = TokenForm.typed(request[FORM])
    asked = asked_by(request, typed, found.now, found.owner)
    try:
        await services.edit(
            token.id,
            _edit(token, typed, asked, request),
            owner_id=found.owner.id,
            actor=who.actor,
            administrator=who.user.role is Role.ADMINISTRATOR,
        )
    except NeedsNewValue:
        if not request[FORM].text("new_value"):
            return await _again(request, found, typed, title="edit", needs_new_value=True)
        return await _renew(request, found, typed, asked, NO_OVERLAP, title="edit")
    except (Faulty, ScopeExceedsGrant, LimitReached) as refused:
        return await _again(request, found, typed, title="edit", refused=refused)
    return see_other(request, f"/tokens/{request.match_info['id']}?done=saved")


async def new_value_page(request: web.Request) -> web.Response:
    """The question before a new value: until when, and what becomes of the old one."""
    found = await reached(request)
    form = _form_of(request, found.token)
    return await _again(request, found, form, title="new_value", template="new_value.html")


async def new_value(request: web.Request) -> web.Response:
    """The same name and rights under a new value, shown once."""
    found, form = await reached(request), request[FORM]
    typed = replace(_form_of(request, found.token), expires=form.text("expires"), date=form.text("date"))
    typed = replace(typed, key=form.text("key"))
    asked = asked_by(request, typed, found.now, found.owner)
    kept = TokenRequest(note=None, scopes=None, expiry=asked.expiry, faults=asked.faults)
    overlap = _DAY_LONG if form.text("old") == "day" else NO_OVERLAP
    return await _renew(request, found, typed, kept, overlap, title="new_value", template="new_value.html")


async def pause_tokens(request: web.Request) -> web.Response:
    """Nothing takes them until they are resumed."""
    return await _suspend(request, suspended=True)


async def resume_tokens(request: web.Request) -> web.Response:
    """They work again."""
    return await _suspend(request, suspended=False)


async def remove_tokens(request: web.Request) -> web.Response:
    """Revoke all that were chosen, for good. Asks for the password only where every change does."""
    services, who, form = request.app[SERVICES], signed_in(request), request[FORM]
    if services.current.catalogue.policy.of(who.user).confirm == "every":
        await demand_confirmation(services, who)
    owner, ids, said = await owner_said(request), chosen(form.texts("id")), form.text("reason")
    reason = said if said in _REASONS else "other"
    await services.revoke_many.by_ids(ids, owner_id=owner.id, actor=who.actor, reason=reason)
    return _done(request, owner, ids, "removed")


async def _suspend(request: web.Request, *, suspended: bool) -> web.Response:
    services, who = request.app[SERVICES], signed_in(request)
    owner, ids = await owner_said(request), chosen(request[FORM].texts("id"))
    for token_id in ids:
        await services.edit(
            token_id,
            Edit(suspended=suspended),
            owner_id=owner.id,
            actor=who.actor,
            administrator=who.user.role is Role.ADMINISTRATOR,
        )
    return _done(request, owner, ids, "paused" if suspended else "resumed")


def _done(request: web.Request, owner: User, ids: Sequence[str], what: str) -> web.Response:
    if len(ids) == 1:
        return see_other(request, f"/tokens/{to_wire(ids[0])}?done={what}")
    return see_other(request, list_of(owner))


def _edit(token: Token, typed: TokenForm, asked: TokenRequest, request: web.Request) -> Edit:
    """What differs from the token as it is; an end that was not touched stays to the second."""
    signed: dict[str, object] = {}
    if asked.scopes is not None and set(asked.scopes) != set(token.scopes):
        signed["scopes"] = asked.scopes
    if asked.allowed_ips is not None and asked.allowed_ips != token.allowed_ips:
        signed["allowed_ips"] = asked.allowed_ips
    if asked.audiences and asked.audiences != token.audiences:
        signed["audience"] = asked.audiences
    before = TokenForm.of(token, zone_of(request))
    untouched = (typed.expires, typed.date) == (before.expires, before.date)
    return Edit(
        note=typed.note if typed.note.strip() != token.note else None,
        expiry=None if untouched else asked.expiry,
        signed=signed,
        faults=asked.faults,
    )


async def _renew(
    request: web.Request,
    found: Reached,
    typed: TokenForm,
    asked: TokenRequest,
    overlap: Overlap,
    *,
    title: str,
    template: str = "token_new.html",
) -> web.Response:
    services, who, form = request.app[SERVICES], signed_in(request), request[FORM]
    call = f"{request.method} {request.path}"
    given = typed.key if is_key(typed.key) else new_key()
    key = IdempotencyKey.of(given, caller=who.actor, call=call, body=form.body())
    try:
        made = await services.regenerate.once(
            found.token.id, asked, key=key, owner_id=found.owner.id, actor=who.actor, overlap=overlap
        )
    except (Faulty, ScopeExceedsGrant, LimitReached, Busy) as refused:
        return await _again(request, found, typed, title=title, refused=refused, template=template)
    return show_made(request, made, found.owner)


def _form_of(request: web.Request, token: Token) -> TokenForm:
    form = TokenForm.of(token, zone_of(request))
    return with_rights(form, token.scopes, request.app[SERVICES].current.catalogue)


async def _again(
    request: web.Request,
    found: Reached,
    form: TokenForm,
    *,
    title: str,
    refused: Refused | None = None,
    needs_new_value: bool = False,
    template: str = "token_new.html",
) -> web.Response:
    return await show_form(
        request,
        form,
        title=title,
        refused=refused,
        template=template,
        owner=found.owner,
        token=found.token,
        token_id=request.match_info["id"],
        needs_new_value=needs_new_value,
    )
