"""How people are written to: by themselves, or by an administrator for them."""

from dataclasses import replace

from service.application import notices
from service.application.ports import Storage, Transaction
from service.domain.audit import AuditEntry
from service.domain.contact import LANGUAGES, Contact, email_of
from service.domain.errors import Fault, Faulty, NotFound
from service.domain.notice import About, Kind
from service.domain.user import UserKind


class Contacts:
    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def __call__(self, user_id: str) -> Contact:
        async with self._storage.reading() as read:
            return await read.contacts.of(user_id)

    async def change(
        self,
        user_id: str,
        *,
        actor: str,
        email: str | None = None,
        language: str | None = None,
        reminders: bool | None = None,
    ) -> Contact:
        """What is None stays; an empty `email` takes the address away. Whoever had the old address is told there.

        Raises:
            NotFound: no such person.
            Faulty: no address, or a language that we do not write.
        """
        faults: list[Fault] = []
        address = email_of(email, faults)
        if language not in {None, *LANGUAGES}:
            faults.append(Fault("language", "invalid_value", f"is none of {', '.join(LANGUAGES)}"))
        if faults:
            raise Faulty(faults)
        async with self._storage.transaction() as tx:
            user = await tx.users.lock(user_id)
            if user is None or user.kind is not UserKind.PERSON:
                raise NotFound("no such person")
            old = await tx.contacts.of(user_id)
            new = replace(
                old,
                email=old.email if email is None else address,
                language=language or old.language,
                reminders=old.reminders if reminders is None else reminders,
            )
            await _put(tx, old, new, actor)
        return new


async def _put(tx: Transaction, old: Contact, new: Contact, actor: str) -> None:
    await tx.contacts.put(new)
    if old.email is not None and old.email != new.email:
        await notices.add(tx, Kind.ADDRESS_CHANGED, About(user_id=new.user_id, detail={"to": old.email}))
    changed = [
        name for name in ("email", "language", "reminders") if getattr(old, name) != getattr(new, name)
    ]
    entry = AuditEntry(
        actor=actor,
        action="user.contact_changed",
        subject=f"user:{new.user_id}",
        detail={"changed": changed},
    )
    await tx.audit.append([entry], await tx.now())
