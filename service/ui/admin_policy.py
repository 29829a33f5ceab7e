"""The policy: what holds for everybody's tokens, and where administrators and machines differ."""

from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web
from safeconduct.document import CatalogueInvalid, Document

from service.domain.errors import WrongState
from service.domain.policy import Policy, read_policy, write_policy
from service.ui.page import see_other, show, texts_of
from service.web.appkeys import FORM, SERVICES
from service.web.callers import signed_in
from service.web.page_forms import Form

NUMBERS: Final = ("max_lifetime_days", "max_live_tokens_per_user", "max_creations_per_hour")
KINDS: Final = ("", "administrators.", "machines.")


async def policy_page(request: web.Request) -> web.Response:
    """What holds now."""
    policy, version = await request.app[SERVICES].governance.policies.get()
    return _show(request, write_policy(policy), version)


async def change_policy(request: web.Request) -> web.Response:
    """Another policy in force at every replica; it binds what is made from now on."""
    services, form, texts = request.app[SERVICES], request[FORM], texts_of(request)
    policies = services.governance.policies
    said, version = policy_of(form), form.text("version")
    try:
        policy = _policy(said)
        await policies.put(
            policy,
            actor=signed_in(request).actor,
            expected_version=int(version) if version.isdecimal() and len(version) < 12 else None,
        )
    except CatalogueInvalid as invalid:
        faults = [f"{fault.path}: {fault.text}" for fault in invalid.faults]
        return _show(request, said, version, faults=faults)
    except WrongState:
        return _show(request, said, version, faults=[texts("policy.changed_meanwhile")])
    return see_other(request, "/admin/policy?done=saved")


def _policy(said: dict[str, Any]) -> Policy:
    """Raises CatalogueInvalid, with every fault."""
    document = Document(said)
    policy = read_policy(document.root)
    document.finish()
    return policy


def policy_of(form: Form) -> dict[str, Any]:
    """The document that the form's fields say; what was left empty for a kind of user is no exception."""
    said: dict[str, Any] = {"second_factor": form.text("second_factor")}
    for kind in KINDS:
        into = said.setdefault(kind.rstrip("."), {}) if kind else said
        for name in NUMBERS:
            if text := form.text(kind + name).strip():
                into[name] = _number(text)
        if may := form.text(f"{kind}allow_no_expiration"):
            into["allow_no_expiration"] = may == "yes"
        if confirm := form.text(f"{kind}confirm"):
            into["confirm"] = _confirm(confirm, form.text(f"{kind}confirm_seconds").strip())
    if seen_within := form.text("owner_seen_within").strip():
        said["owner_seen_within"] = _number(seen_within)
    return said


def _number(text: str) -> str | int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else text


def _confirm(said: str, seconds: str) -> str | int:
    if said in {"every", "sign-in"}:
        return said
    return _number(seconds)


def _show(
    request: web.Request, policy: Mapping[str, Any], version: object, *, faults: list[str] | None = None
) -> web.Response:
    return show(
        request,
        "admin_policy.html",
        status=422 if faults else 200,
        tab="policy",
        policy=policy,
        version=version,
        numbers=NUMBERS,
        kinds=KINDS,
        faults=faults or [],
        done=request.query.get("done", ""),
    )
