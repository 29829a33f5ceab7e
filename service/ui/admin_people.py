"""People: invited, looked up, given rights, disabled."""

from aiohttp import web

from service.domain.errors import AlreadyExists, Faulty, NotFound
from service.domain.identifiers import from_wire, to_wire
from service.domain.secret import Secret
from service.domain.user import Grant, GrantKind, Role, User, UserKind
from service.ui.faults import faults_in_words
from service.ui.page import see_other, show, texts_of
from service.web.appkeys import FORM, SERVICES
from service.web.callers import signed_in
from service.web.links import invitation_link
from service.web.page_forms import Form


async def people_page(request: web.Request) -> web.Response:
    """Everybody, by name, and the form that invites one more."""
    return await _people(request)


async def invite(request: web.Request) -> web.Response:
    """A new account, and once its one-time link."""
    services, form, texts = request.app[SERVICES], request[FORM], texts_of(request)
    try:
        user, secret = await services.create_user(
            name=form.text("name"),
            role=_role(form),
            grant=grant_of(form),
            actor=signed_in(request).actor,
            email=form.text("email"),
            language=texts.language,
        )
    except Faulty as faulty:
        return await _people(request, faults_in_words(faulty, texts), form)
    except AlreadyExists:
        return await _people(request, {"name": texts("faults.name.taken")}, form)
    return _link(request, user, secret, title="invited")


async def person_page(request: web.Request) -> web.Response:
    """One account: role, what it may hand out, its tokens, and the buttons."""
    return await _person(request, await _account(request))


async def new_password_link(request: web.Request) -> web.Response:
    """For a forgotten password: a one-time link, shown once."""
    services, user = request.app[SERVICES], await _account(request)
    secret = await services.governance.password_link(user.id, actor=signed_in(request).actor)
    return _link(request, user, secret, title="password")


async def change_role(request: web.Request) -> web.Response:
    """User, auditor or administrator."""
    user = await _account(request)
    await request.app[SERVICES].governance.change_role(
        user.id, _role(request[FORM]), actor=signed_in(request).actor
    )
    return see_other(request, f"/admin/people/{to_wire(user.id)}?done=saved")


async def change_contact(request: web.Request) -> web.Response:
    """Where they are written to; the address before is told."""
    services, user, email = (
        request.app[SERVICES],
        await _account(request),
        request[FORM].text("email").strip(),
    )
    try:
        await services.notices.contacts.change(user.id, email=email, actor=signed_in(request).actor)
    except Faulty as faulty:
        faults = faults_in_words(faulty, texts_of(request))
        return await _person(request, user, faults=faults, status=422, typed_email=email)
    return see_other(request, f"/admin/people/{to_wire(user.id)}?done=saved")


async def change_grant(request: web.Request) -> web.Response:
    """First what would end by it, then, with the same form sent again, done."""
    services, user, form = request.app[SERVICES], await _account(request), request[FORM]
    grant = grant_of(form)
    try:
        if not form.text("preview"):
            change = await services.governance.change_grant.look(user.id, grant)
            if change.beyond:
                return await _person(request, user, change=change, chosen=grant)
        actor = signed_in(request).actor
        await services.governance.change_grant(
            user.id, grant, actor=actor, preview=form.text("preview") or None
        )
    except Faulty as faulty:
        return await _person(
            request, user, faults=faults_in_words(faulty, texts_of(request)), status=422, chosen=grant
        )
    return see_other(request, f"/admin/people/{to_wire(user.id)}?done=saved")


async def disable(request: web.Request) -> web.Response:
    """Sessions end, tokens are revoked for good."""
    user = await _account(request)
    await request.app[SERVICES].disable_user(user.id, actor=signed_in(request).actor)
    return see_other(request, f"/admin/people/{to_wire(user.id)}?done=disabled")


async def enable(request: web.Request) -> web.Response:
    """They may come back; nothing of what they had does."""
    user = await _account(request)
    await request.app[SERVICES].governance.enable_user(user.id, actor=signed_in(request).actor)
    return see_other(request, f"/admin/people/{to_wire(user.id)}?done=enabled")


async def reset_factors(request: web.Request) -> web.Response:
    """For somebody who lost them: the password alone, until they set one up again."""
    user = await _account(request)
    await request.app[SERVICES].second_factors.reset(user.id, actor=signed_in(request).actor)
    return see_other(request, f"/admin/people/{to_wire(user.id)}?done=reset")


def grant_of(form: Form) -> Grant:
    """What may be handed out, as a form says it."""
    said = form.text("grant")
    if said in {GrantKind.DEFAULT, GrantKind.ALL}:
        return Grant(GrantKind(said))
    return Grant(GrantKind.LISTED, form.texts("scopes"))


def _role(form: Form) -> Role:
    said = form.text("role")
    return Role(said) if said in set(Role) else Role.USER


async def _account(request: web.Request) -> User:
    """The account of the address. Raises NotFound."""
    user = await request.app[SERVICES].find_user.get(from_wire(request.match_info["id"]) or "")
    if user.kind is not UserKind.PERSON:
        raise NotFound("no such person")
    return user


async def _people(
    request: web.Request, faults: dict[str, str] | None = None, form: Form | None = None
) -> web.Response:
    services = request.app[SERVICES]
    search = "".join(each for each in request.query.get("search", "") if each.isprintable())[:64]
    after = "".join(each for each in request.query.get("after", "") if each.isprintable())[:256]
    people, more = await services.find_user.people(search=search or None, after=after)
    return show(
        request,
        "admin_people.html",
        status=422 if faults else 200,
        tab="people",
        people=[(to_wire(user.id), user) for user in people],
        next_after=more,
        search=search,
        faults=faults or {},
        form=form or Form(),
        scopes=services.current.catalogue.scopes,
    )


async def _person(
    request: web.Request,
    user: User,
    *,
    faults: dict[str, str] | None = None,
    status: int = 200,
    change: object = None,
    chosen: Grant | None = None,
    typed_email: str | None = None,
) -> web.Response:
    return show(
        request,
        "admin_person.html",
        status=status,
        tab="people",
        user=user,
        user_id=to_wire(user.id),
        grant=chosen or user.grant,
        change=change,
        faults=faults or {},
        contact=await request.app[SERVICES].notices.contacts(user.id),
        typed_email=typed_email,
        scopes=request.app[SERVICES].current.catalogue.scopes,
        done=request.query.get("done", ""),
        factors=(await request.app[SERVICES].second_factors.own(user.id)).factors,
    )


def _link(request: web.Request, user: User, secret: Secret | None, *, title: str) -> web.Response:
    """The link, this once; or, where it went by mail, that."""
    settings = request.app[SERVICES].settings
    if secret is None:
        return see_other(request, f"/admin/people/{to_wire(user.id)}?done=mailed")
    link, minutes = invitation_link(settings.issuer, secret), settings.invitation_lifetime // 60
    return show(
        request,
        "admin_link.html",
        tab="people",
        user=user,
        user_id=to_wire(user.id),
        link=link,
        title=title,
        minutes=minutes,
    )
