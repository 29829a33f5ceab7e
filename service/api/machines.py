"""/v1/admin/machines: made by administrators, who make their tokens; /v1/machines: for those who answer for them."""

from typing import Annotated, Final, Literal

import msgspec
from aiohttp import web
from msgspec import Meta

from service.api.admin_users import Disabled, grant_of
from service.api.answers import Answer, Created, Id
from service.api.bodies import read_body
from service.api.contract import contract
from service.api.making import MADE, Keyed, MadeAnswer, create, made_answer, regenerate
from service.api.path_ids import path_id
from service.api.queries import Reason, read_query, read_reason
from service.api.query_values import Onward, link_behind, name_before
from service.api.token_answers import TokenShown, token_document
from service.api.token_bodies import NewToken, NewValue
from service.api.token_queries import TokenQuery, next_link, read_page
from service.api.user_answers import Account, grant_document, user_members
from service.application.machines import MOST_RESPONSIBLE
from service.domain.catalogue import CatalogueDocument
from service.domain.errors import AlreadyExists
from service.domain.identifiers import to_wire
from service.domain.machine import Machine
from service.web.appkeys import SERVICES
from service.web.callers import Acting, signed_in

MACHINES: Final = "/v1/admin/machines"
OWN_MACHINES: Final = "/v1/machines"


class NewMachine(msgspec.Struct, kw_only=True):
    """POST /v1/admin/machines. `responsible` are ids or names of people; `grant` as for people."""

    name: str
    responsible: Annotated[list[str], Meta(min_length=1, max_length=MOST_RESPONSIBLE)]
    grant: Literal["default", "all"] | list[str] = "default"


class NewResponsible(msgspec.Struct, kw_only=True):
    """PUT /v1/admin/machines/{id}/responsible. Ids or names of people, at least one."""

    responsible: Annotated[list[str], Meta(min_length=1, max_length=MOST_RESPONSIBLE)]


class Person(msgspec.Struct, kw_only=True):
    """Somebody who answers for it."""

    id: Id
    name: str


class MachineShown(Account, kw_only=True):
    """The account, what it may be given, and who answers for it."""

    responsible: list[Person]


@contract(body=NewMachine, raises=(AlreadyExists,))
async def create_machine(request: web.Request) -> Created[MachineShown]:
    """The account. It has no password: nobody signs in as a machine."""
    services, body = request.app[SERVICES], await read_body(request, NewMachine)
    machine = await services.machines.create(
        name=body.name,
        responsible=body.responsible,
        grant=grant_of(body.grant),
        actor=signed_in(request).actor,
    )
    return Created(machine_document(machine, services.current.catalogue))


@contract(query=Onward)
async def list_machines(request: web.Request) -> Answer[list[MachineShown]]:
    """All of them by name; `Link` leads on."""
    return await _list(request, MACHINES, None)


@contract(query=Onward)
async def list_own_machines(request: web.Request) -> Answer[list[MachineShown]]:
    """Those that one answers for."""
    return await _list(request, OWN_MACHINES, signed_in(request).user.id)


@contract(body=NewResponsible)
async def change_responsible(request: web.Request) -> Answer[MachineShown]:
    """These people answer for it from now on, and nobody else."""
    services, body = request.app[SERVICES], await read_body(request, NewResponsible)
    machine = await services.machines.change_responsible(
        path_id(request), body.responsible, actor=signed_in(request).actor
    )
    return Answer(machine_document(machine, services.current.catalogue))


@contract()
async def disable_machine(request: web.Request) -> Answer[Disabled]:
    """No token of it works from now on."""
    services, machine = request.app[SERVICES], await _machine(request)
    revoked = await services.disable_user(machine.user.id, actor=signed_in(request).actor)
    return Answer(Disabled(revoked_values=revoked))


@contract(body=NewToken, headers=Keyed, raises=MADE)
async def create_machine_token(request: web.Request) -> MadeAnswer:
    """The one kind of token that an administrator makes for another; its value is shown this once."""
    return made_answer(await create(request, await _acting_for_machine(request)))


@contract(body=NewValue, headers=Keyed, raises=MADE)
async def regenerate_machine_token(request: web.Request) -> MadeAnswer:
    """A new value of a machine's token; the one before is dead when this returns, unless an overlap was asked for."""
    who = await _acting_for_machine(request)
    return made_answer(await regenerate(request, path_id(request, "token_id"), who))


@contract(query=TokenQuery)
async def list_machine_tokens(request: web.Request) -> Answer[list[TokenShown]]:
    """A plain array, for those who answer for the machine; `Link` leads on."""
    services, machine = request.app[SERVICES], await _own_machine(request)
    page = read_page(request, machine.user.id)
    listing = await services.list_tokens(page)
    url = f"{services.settings.issuer}{OWN_MACHINES}/{to_wire(machine.user.id)}/tokens"
    documents = [token_document(token, token.state(listing.now)) for token in listing.tokens]
    return Answer(documents, headers=next_link(request, url, page, listing))


@contract(query=Reason)
async def revoke_machine_token(request: web.Request) -> Answer[TokenShown]:
    """Final, by those who answer for the machine; a repeat answers the first revocation."""
    services, machine = request.app[SERVICES], await _own_machine(request)
    revoked = await services.revoke(
        path_id(request, "token_id"),
        owner_id=machine.user.id,
        actor=signed_in(request).actor,
        reason=read_reason(request, "revoked_by_responsible"),
    )
    return Answer(token_document(revoked, revoked.state(revoked.created_at)))


def machine_document(machine: Machine, catalogue: CatalogueDocument) -> MachineShown:
    return MachineShown(
        **user_members(machine.user),
        grant=grant_document(machine.user.grant, catalogue),
        responsible=[Person(id=to_wire(each.id), name=each.name) for each in machine.responsible],
    )


async def _list(request: web.Request, path: str, responsible_id: str | None) -> Answer[list[MachineShown]]:
    services = request.app[SERVICES]
    found, more = await services.machines.page(
        responsible_id=responsible_id, after=name_before(read_query(request, Onward.__struct_encode_fields__))
    )
    documents = [machine_document(machine, services.current.catalogue) for machine in found]
    url = f"{services.settings.issuer}{path}"
    return Answer(documents, headers=link_behind(request, url, more))


async def _acting_for_machine(request: web.Request) -> Acting:
    machine = await _machine(request)
    return Acting(owner_id=machine.user.id, actor=signed_in(request).actor, parent=None)


async def _machine(request: web.Request) -> Machine:
    return await request.app[SERVICES].machines.get(path_id(request))


async def _own_machine(request: web.Request) -> Machine:
    responsible_id = signed_in(request).user.id
    return await request.app[SERVICES].machines.get(path_id(request), responsible_id=responsible_id)
