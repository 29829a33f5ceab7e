"""Let somebody be told: a row in the transaction of what caused it, sent by whichever process comes to it first."""

from service.application.ports import Transaction
from service.domain.notice import About, Kind, Notice


async def add(tx: Transaction, kind: Kind, *about: About) -> None:
    """Tell the owner of what happened, by mail, and the operator's webhooks, once this transaction is committed.

    Each `about` names an account (of a machine user, whoever answers for it is told) and, where there is one, a token;
    those of one kind, account and detail become one message. Nobody is asked here whether there is a mail server or an
    address: a notice that nobody can be told of is forgotten.
    """
    now = await tx.now()
    await tx.notices.add([Notice.of(kind, each, now=now) for each in about])
