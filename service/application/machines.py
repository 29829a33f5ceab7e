"""Machine users: made and delegated to by administrators, answered for by people."""

from collections.abc import Sequence

from service.application.current import Current
from service.application.ports import Storage, Transaction
from service.domain.audit import AuditEntry
from service.domain.errors import AlreadyExists, Fault, Faulty, NotFound
from service.domain.identifiers import Randomness, from_wire, new_id
from service.domain.issuance import known_scopes, text_fault
from service.domain.machine import Machine
from service.domain.user import MAX_NAME, Grant, GrantKind, Role, User, UserKind, fold

MOST_RESPONSIBLE = 32
LARGEST_PAGE = 1_000


class Machines:
    def __init__(self, storage: Storage, current: Current, *, randomness: Randomness) -> None:
        self._storage = storage
        self._current = current
        self._randomness = randomness

    async def create(self, *, name: str, responsible: Sequence[str], grant: Grant, actor: str) -> Machine:
        """A machine user; `responsible` are ids or names of people.

        Raises:
            Faulty: a name, a grant or people that cannot be.
            AlreadyExists: the name is taken, compared without case.
        """
        faults: list[Fault] = []
        name = name.strip()
        if fault := text_fault("name", name, longest=MAX_NAME):
            faults.append(fault)
        if grant.kind is GrantKind.LISTED:
            grant = Grant(grant.kind, known_scopes(grant.scopes, self._current.catalogue, faults))
        faults += _number_faults(responsible)
        async with self._storage.transaction() as tx:
            people = await _people(tx, responsible[:MOST_RESPONSIBLE], faults)
            if faults:
                raise Faulty(faults)
            now = await tx.now()
            user = machine_account(name, grant, now=now, randomness=self._randomness)
            if not await tx.users.add(user):
                raise AlreadyExists(f"the name {name!r} is taken")
            await tx.machines.add_responsible(user.id, list(people))
            detail = {"responsible": sorted(people)}
            entry = AuditEntry(
                actor=actor, action="machine.created", subject=f"user:{user.id}", detail=detail
            )
            await tx.audit.append([entry], now)
        return Machine(user=user, responsible=tuple(people.values()))

    async def change_responsible(self, machine_id: str, responsible: Sequence[str], *, actor: str) -> Machine:
        """Let these people answer for it, and nobody else; `responsible` are their ids or names.

        Raises:
            NotFound: no such machine user.
            Faulty: people that cannot be, or nobody.
        """
        faults = _number_faults(responsible)
        before = await self.get(machine_id)
        async with self._storage.transaction() as tx:
            people = await _people(tx, responsible[:MOST_RESPONSIBLE], faults, beside=machine_id)
            if faults:
                raise Faulty(faults)
            now = await tx.now()
            await tx.machines.replace_responsible(machine_id, list(people))
            detail = {"was": sorted(each.id for each in before.responsible), "now": sorted(people)}
            entry = AuditEntry(
                actor=actor, action="machine.responsible_changed", subject=f"user:{machine_id}", detail=detail
            )
            await tx.audit.append([entry], now)
        return await self.get(machine_id)

    async def page(self, *, responsible_id: str | None, after: str = "") -> tuple[list[Machine], str | None]:
        """In the order of their names, those that somebody answers for or all, and where the next page begins."""
        async with self._storage.reading() as read:
            found = await read.machines.page(
                machine_id=None, responsible_id=responsible_id, after=after, limit=LARGEST_PAGE
            )
        return found, fold(found[-1].user.name) if len(found) == LARGEST_PAGE else None

    async def get(self, machine_id: str, *, responsible_id: str | None = None) -> Machine:
        """Raises NotFound: there is none, or it is not the one who asks that answers for it."""
        async with self._storage.reading() as read:
            found = await read.machines.page(
                machine_id=machine_id, responsible_id=responsible_id, after="", limit=1
            )
        if not found:
            raise NotFound("no such machine user")
        return found[0]


def machine_account(name: str, grant: Grant, *, now: int, randomness: Randomness) -> User:
    """Without a password: nobody signs in as a machine."""
    return User(
        id=new_id(randomness),
        kind=UserKind.MACHINE,
        name=name,
        role=Role.USER,
        password_hash=None,
        grant=grant,
        created_at=now,
    )


def _number_faults(responsible: Sequence[str]) -> list[Fault]:
    if 1 <= len(responsible) <= MOST_RESPONSIBLE:
        return []
    return [Fault("responsible", "wrong_number", f"1 to {MOST_RESPONSIBLE} people")]


async def _people(
    tx: Transaction, said: Sequence[str], faults: list[Fault], *, beside: str | None = None
) -> dict[str, User]:
    """Enabled people by id, held until the transaction ends, so that none is disabled meanwhile; `beside` is the
    machine that is held with them.
    """
    found: dict[str, User] = {}
    for position, text in enumerate(said):
        known = from_wire(text)
        user = await (tx.users.get(known) if known else tx.users.find(text.strip()))
        if user is None or user.kind is not UserKind.PERSON:
            faults.append(Fault(f"responsible[{position}]", "unknown_user", "there is no such person"))
        else:
            found[user.id] = user
    locked = await tx.users.lock_all({*found, *([beside] if beside is not None else [])})
    if any(user_id not in locked or locked[user_id].disabled_at is not None for user_id in found):
        faults.append(Fault("responsible", "disabled", "a disabled account answers for nothing"))
    return found
