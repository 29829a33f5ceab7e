"""Make a token: the form, blank, from a link or from another token, and the page that shows the value once."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from aiohttp import web

from service.application.idempotency import Repeated
from service.application.issue import Issued
from service.domain.errors import (
    Busy,
    ConfirmationNeeded,
    Faulty,
    LimitReached,
    Refused,
    ScopeExceedsGrant,
)
from service.domain.idempotency import IdempotencyKey, is_key
from service.domain.identifiers import from_wire, to_wire
from service.domain.issuance import TokenRequest
from service.domain.token import Token
from service.domain.user import User
from service.ui.choices import Choices, all_rights, choices_of
from service.ui.days import zone_of
from service.ui.faults import faults_in_words
from service.ui.idle import idle_tokens
from service.ui.link_form import form_of_link
from service.ui.page import show, texts_of, times_of
from service.ui.places import places_of
from service.ui.token_form import TokenForm, new_key, with_rights
from service.ui.token_page import unused_scopes
from service.ui.token_rows import scope_title
from service.ui.whose import list_of, reached
from service.web.appkeys import FORM, SERVICES
from service.web.callers import signed_in
from service.web.form_confirmation import is_answered

_USUALLY: Final[Mapping[str, object]] = {
    "link": None,
    "token": None,
    "token_id": "",
    "needs_new_value": False,
    "row": None,
    "idle": None,
}
"""What the form's templates are told where nothing else is said."""


async def new_token_page(request: web.Request) -> web.Response:
    """The form: `?from=` copies another token's settings, other parameters only fill in (threats 29)."""
    services, who = request.app[SERVICES], signed_in(request)
    catalogue, zone = services.current.catalogue, zone_of(request)
    if copied := request.query.get("from"):
        found = await reached(request, from_wire(copied) or "-")
        form = with_rights(TokenForm.of(found.token, zone), found.token.scopes, catalogue)
        title = "machine" if found.owner.id != who.user.id else "copy"
        return await show_form(request, form, title=title, owner=found.owner, token=found.token)
    choices = choices_of(catalogue, who.user, who.read_at, zone)
    link = form_of_link(request, catalogue, choices)
    if link is not None:
        return await show_form(request, link.form, title="new", link=link)
    return await show_form(request, TokenForm.blank(choices), title="new")


async def create_token(request: web.Request) -> web.Response:
    """The value, once; or the form again with every fault at its field."""
    typed = TokenForm.typed(request[FORM])
    if typed.from_link and not is_answered(request):
        raise ConfirmationNeeded(0)  # whoever wrote the link chose the moment, too
    return await make(request, typed, again="token_new.html")


async def make(request: web.Request, typed: TokenForm, *, again: str) -> web.Response:
    """Ask for a token of one's own; `again` is the template that shows the form with its faults."""
    return await make_for(request, signed_in(request).user, typed, title="new", again=again)


async def make_for(
    request: web.Request, owner: User, typed: TokenForm, *, title: str, again: str = "token_new.html"
) -> web.Response:
    """The same for `owner`, who may be a machine that the caller makes it for."""
    services, who, form = request.app[SERVICES], signed_in(request), request[FORM]
    asked = asked_by(request, typed, who.read_at, owner)
    given = typed.key if is_key(typed.key) else new_key()
    call = f"{request.method} {request.path}"
    key = IdempotencyKey.of(given, caller=who.actor, call=call, body=form.body())
    try:
        made = await services.issue.once(asked, key=key, owner_id=owner.id, actor=who.actor)
    except (Faulty, ScopeExceedsGrant, LimitReached, Busy) as refused:
        return await show_form(request, typed, title=title, refused=refused, template=again, owner=owner)
    return show_made(request, made, owner)


def asked_by(request: web.Request, typed: TokenForm, now: int, owner: User) -> TokenRequest:
    """What the form asks for, with days as they are where this person is."""
    catalogue = request.app[SERVICES].current.catalogue
    longest = catalogue.policy.of(owner).max_lifetime_days
    return typed.request(catalogue, now, zone_of(request), longest=longest)


async def show_form(
    request: web.Request,
    form: TokenForm,
    *,
    title: str,
    refused: Refused | None = None,
    template: str = "token_new.html",
    owner: User | None = None,
    **context: object,
) -> web.Response:
    """The form of a token, with what was refused at its fields; without an `owner` it is one's own."""
    services, who = request.app[SERVICES], signed_in(request)
    owner = owner or who.user
    choices = choices_of(services.current.catalogue, owner, who.read_at, zone_of(request))
    faults = _faults(request, form, choices, owner, refused)
    if isinstance(refused, LimitReached):
        context["idle"] = await idle_tokens(request, owner)
    return show(
        request,
        template,
        status=422 if faults else 200,
        form=replace(form, key=form.key or new_key()),
        title=title,
        choices=choices,
        faults=faults,
        owner=owner,
        unused=await _unused(request, context.get("token")),
        list_address=list_of(owner),
        action=form_action(title, str(context.get("token_id", "")), to_wire(owner.id)),
        **{**_USUALLY, "words": _all_in_words(request), **context},
    )


def _faults(
    request: web.Request, form: TokenForm, choices: Choices, owner: User, refused: Refused | None
) -> dict[str, str]:
    texts = texts_of(request)
    counts = {
        "count": len(form.note.strip()),
        "days": choices.longest,
        "latest": choices.latest,
        "date": form.date,
    }
    faults = faults_in_words(refused, texts, **counts)
    if isinstance(refused, ScopeExceedsGrant):
        faults["scopes"] = texts("faults.scopes.beyond", scopes=", ".join(refused.scopes))
    elif isinstance(refused, LimitReached):
        policy = request.app[SERVICES].current.catalogue.policy
        faults["form"] = texts("faults.form.most_tokens", most=policy.of(owner).max_live_tokens_per_user)
    elif isinstance(refused, Busy):
        faults["form"] = texts("faults.form.too_many_new")
    return faults


def form_action(title: str, token_id: str, owner_id: str) -> str:
    """Where the form goes."""
    return {"edit": f"/tokens/{token_id}/edit", "machine": f"/machines/{owner_id}/tokens"}.get(
        title, "/tokens/new"
    )


async def _unused(request: web.Request, token: object) -> dict[str, str]:
    """Of the token that the form began with: the rights that nobody needed lately, with their titles."""
    if not isinstance(token, Token):
        return {}
    catalogue = request.app[SERVICES].current.catalogue
    return {name: scope_title(name, catalogue) for name in await unused_scopes(request, token)}


def _all_in_words(request: web.Request) -> str:
    """What simple mode's one button gives."""
    services = request.app[SERVICES]
    catalogue = services.current.catalogue
    if services.settings.pages_mode != "simple":
        return ""
    return catalogue.scopes.in_words(all_rights(catalogue, signed_in(request).user))


def show_made(request: web.Request, made: Issued | Repeated, owner: User) -> web.Response:
    """The value, on a page that nothing stores (R53); for a second click the news that the first one had it."""
    token, who = made.token, signed_in(request)
    value = None if isinstance(made, Repeated) else made.jwt.reveal()
    return show(
        request,
        "shown_once.html",
        token=token,
        token_id=to_wire(token.id),
        value=value,
        reference=_reference_of(made),
        old_ends_at=None if isinstance(made, Repeated) else made.old_ends_at,
        waiting=owner.id == who.user.id,
        list_address=list_of(owner),
        places=places_of(value or "", request.app[SERVICES].settings.issuer),
        times=times_of(request, max(who.read_at, token.created_at)),
    )


def _reference_of(made: Issued | Repeated) -> str | None:
    return None if isinstance(made, Repeated) or made.reference is None else made.reference.reveal()
