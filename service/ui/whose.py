"""Whose tokens a person may manage: their own, and those of the machines that they answer for."""

from dataclasses import dataclass

from aiohttp import web

from service.domain.errors import NotFound
from service.domain.identifiers import from_wire, to_wire
from service.domain.machine import Machine
from service.domain.token import Token
from service.domain.user import Role, User, UserKind
from service.web.appkeys import FORM, SERVICES
from service.web.callers import signed_in


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """A token with its owner, who is oneself or such a machine, the key of its value, and the time of the read."""

    token: Token
    owner: User
    kid: str | None
    now: int


async def reached(request: web.Request, token_id: str | None = None) -> Reached:
    """The token of the address, or the one named. Raises NotFound."""
    services, who = request.app[SERVICES], signed_in(request)
    item, now = await services.inventory.one(token_id or from_wire(request.match_info["id"]) or "")
    token = item.token
    if token.owner_id == who.user.id:
        return Reached(token=token, owner=who.user, kid=item.kid, now=now)
    if item.owner_kind is not UserKind.MACHINE:
        raise NotFound("no such token")
    machine = await answered_for(request, token.owner_id)
    return Reached(token=token, owner=machine.user, kid=item.kid, now=now)


async def answered_for(request: web.Request, machine_id: str | None = None) -> Machine:
    """The machine of the address, or the one named, if the caller answers for it; administrators do for every one.

    Raises:
        NotFound: there is none, or others answer for it.
    """
    user = signed_in(request).user
    responsible_id = None if user.role is Role.ADMINISTRATOR else user.id
    wanted = machine_id or from_wire(request.match_info["id"]) or ""
    return await request.app[SERVICES].machines.get(wanted, responsible_id=responsible_id)


async def owner_said(request: web.Request) -> User:
    """Whose tokens a form speaks of: its field `machine` names one, else one's own. Raises NotFound."""
    said = request[FORM].text("machine")
    return (await answered_for(request, from_wire(said) or "-")).user if said else signed_in(request).user


def list_of(owner: User) -> str:
    """The page that lists this owner's tokens."""
    return f"/machines/{to_wire(owner.id)}" if owner.kind is UserKind.MACHINE else "/tokens"


def machine_of(owner: User) -> str:
    """What a form's field `machine` says of this owner."""
    return to_wire(owner.id) if owner.kind is UserKind.MACHINE else ""
