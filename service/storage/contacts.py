from service.domain.contact import Contact
from service.storage.connection import Connection


class SqlContacts:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def of(self, user_id: str) -> Contact:
        row = await self._connection.one("contact_of", user_id=user_id)
        if row is None:
            return Contact(user_id=user_id)
        return Contact(
            user_id=user_id,
            email=row["email"],
            language=row["language"],
            reminders=bool(row["reminders"]),
        )

    async def put(self, contact: Contact) -> None:
        row = {
            "user_id": contact.user_id,
            "email": contact.email,
            "language": contact.language,
            "reminders": int(contact.reminders),
        }
        await self._connection.many("put_contact", [row])
