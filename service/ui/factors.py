"""One's second factors: an authenticator app, passkeys, and the recovery codes that stand for them."""

from typing import Any, Final

import segno
from aiohttp import web
from markupsafe import Markup

from service.application.add_factor import AddedFactor, NewTotp
from service.domain.errors import AlreadyExists, Faulty, NotFound
from service.domain.identifiers import from_wire, to_wire
from service.domain.second_factor import MAX_FACTOR_NAME, Proof, proof_of
from service.domain.secret import Secret
from service.ui.faults import faults_in_words
from service.ui.page import see_other, show, texts_of
from service.web.appkeys import FORM, SERVICES
from service.web.callers import signed_in

PAGE: Final = "/settings/security"


async def begin_totp(request: web.Request) -> web.Response:
    """The secret as a picture and as text, and the field for its first code."""
    begun = await request.app[SERVICES].second_factors.add.begin_totp(signed_in(request))
    return _totp(request, begun)


async def confirm_totp(request: web.Request) -> web.Response:
    """With the first code it counts."""
    add, who, form = request.app[SERVICES].second_factors.add, signed_in(request), request[FORM]
    factor_id = _id(form.text("factor"))
    name = form.text("name").strip() or texts_of(request)("factors.totp.name")
    try:
        added = await add.confirm_totp(who, factor_id, name=name, code=form.text("code")[:16])
    except Faulty as faulty:
        faults = faults_in_words(faulty, texts_of(request))
        return _totp(request, await add.begun_totp(who, factor_id), faults)
    return _added(request, added)


async def begin_passkey(request: web.Request) -> web.Response:
    """What the browser is asked for stands in the page; a script does the asking."""
    return await _passkey(request)


async def add_passkey(request: web.Request) -> web.Response:
    """What the browser made."""
    add, form, texts = request.app[SERVICES].second_factors.add, request[FORM], texts_of(request)
    name = form.text("name").strip() or texts("factors.passkey.name")
    try:
        added = await add.add_passkey(signed_in(request), Secret(form.text("passkey")), name=name)
    except Faulty as faulty:
        return _refused(request, faults_in_words(faulty, texts))
    except AlreadyExists:
        return _refused(request, {"passkey": texts("faults.passkey.known")})
    return _added(request, added)


async def rename(request: web.Request) -> web.Response:
    """Another name, or the old one where that cannot be."""
    name = request[FORM].text("name").strip()[:MAX_FACTOR_NAME]
    own = request.app[SERVICES].second_factors.own
    await own.rename(signed_in(request), _id(request.match_info["id"]), name)
    return see_other(request, f"{PAGE}?done=renamed")


async def remove(request: web.Request) -> web.Response:
    """It is not asked for any more."""
    await request.app[SERVICES].second_factors.own.remove(signed_in(request), _id(request.match_info["id"]))
    return see_other(request, f"{PAGE}?done=removed")


async def renew_codes(request: web.Request) -> web.Response:
    """Ten fresh ones, shown once."""
    codes = await request.app[SERVICES].second_factors.own.renew_codes(signed_in(request))
    return show(request, "recovery_codes.html", codes=[code.reveal() for code in codes], tab="security")


async def noticed(request: web.Request) -> web.Response:
    """This session has read what was changed."""
    await request.app[SERVICES].second_factors.own.noticed(signed_in(request))
    return see_other(request, PAGE)


async def section(request: web.Request) -> dict[str, Any]:
    """What the page Settings, Security shows of them."""
    services, who = request.app[SERVICES], signed_in(request)
    factors = services.second_factors
    owned = await factors.own(who.user.id)
    prove = factors.prove
    return {
        "factors": [(to_wire(factor.id), factor) for factor in owned.factors],
        "codes_left": owned.codes_left,
        "passkeys_possible": factors.add.passkeys_possible,
        "factors_off": services.current.catalogue.policy.second_factor == "off",
        "needed": services.current.catalogue.policy.of(who.user).needs_second_factor,
        "ways": await prove.ways(who.user.id, binding=change_binding(request)) if owned.factors else None,
    }


def change_binding(request: web.Request) -> str:
    """For what a passkey's answer counts beside the present password."""
    return f"password:{signed_in(request).session.id}"


def typed_proof(request: web.Request, binding: str) -> Proof:
    """The second factor that a form of ours brings along."""
    form = request[FORM]
    return proof_of(form.text("code")[:64], passkey=form.text("passkey"), binding=binding)


def _totp(request: web.Request, begun: NewTotp, faults: dict[str, str] | None = None) -> web.Response:
    secret = begun.secret.reveal()
    picture = segno.make(begun.uri.reveal(), error="m", micro=False)
    return show(
        request,
        "totp_new.html",
        status=422 if faults else 200,
        factor_id=to_wire(begun.id),
        secret=" ".join(secret[start : start + 4] for start in range(0, len(secret), 4)),
        qr=Markup(picture.svg_inline(omitsize=True, svgclass="qr", lineclass=None)),  # noqa: S704 - of our own making
        name=request[FORM].text("name"),
        faults=faults or {},
        tab="security",
    )


async def _passkey(request: web.Request, faults: dict[str, str] | None = None) -> web.Response:
    options = await request.app[SERVICES].second_factors.add.passkey_options(signed_in(request))
    if not options:
        raise NotFound("no passkey can be made for this address")
    return show(
        request,
        "passkey_new.html",
        status=422 if faults else 200,
        options=options,
        name=request[FORM].text("name"),
        faults=faults or {},
        tab="security",
    )


def _refused(request: web.Request, faults: dict[str, str]) -> web.Response:
    """Begin anew: what the browser made is worth nothing, and another challenge takes a fresh confirmation."""
    return show(request, "passkey_refused.html", status=422, faults=faults, tab="security")


def _added(request: web.Request, added: AddedFactor) -> web.Response:
    if not added.codes:
        return see_other(request, f"{PAGE}?done=added")
    codes = [code.reveal() for code in added.codes]
    return show(request, "recovery_codes.html", codes=codes, tab="security")


def _id(written: str) -> str:
    """Raises NotFound."""
    factor_id = from_wire(written)
    if factor_id is None:
        raise NotFound("no such second factor")
    return factor_id
