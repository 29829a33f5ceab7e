"""What every change to an account's second factors has in common: who is told, and the codes for when one is lost."""

from collections.abc import Mapping

from service.application.ports import Transaction
from service.domain.audit import AuditEntry
from service.domain.errors import Fault, Faulty
from service.domain.identifiers import Randomness
from service.domain.issuance import text_fault
from service.domain.principal import SignedIn
from service.domain.second_factor import MAX_FACTOR_NAME, bare_recovery_code, new_recovery_codes
from service.domain.secret import Secret, secret_hash


async def tell(tx: Transaction, who: SignedIn, action: str, detail: Mapping[str, object]) -> None:
    """Audit a change of how the account is protected, and let its other sessions know."""
    now = await tx.now()
    await tx.second_factors.put_notice(who.user.id, action, session_id=who.session.id, at=now)
    await note(tx, who, action, detail)


async def note(tx: Transaction, who: SignedIn, action: str, detail: Mapping[str, object]) -> None:
    """Audit it alone."""
    entry = AuditEntry(actor=who.actor, action=action, subject=who.actor, detail=detail)
    await tx.audit.append([entry], await tx.now())


async def new_codes(tx: Transaction, user_id: str, *, randomness: Randomness) -> list[Secret]:
    """Ten fresh recovery codes, to be shown once; those before are void."""
    codes = new_recovery_codes(randomness)
    hashes = [secret_hash(bare_recovery_code(code.reveal())) for code in codes]
    await tx.second_factors.replace_codes(user_id, hashes)
    return codes


def accepted_name(typed: str) -> str:
    """The name of a factor. Raises Faulty."""
    name = typed.strip()
    if fault := text_fault("name", name, longest=MAX_FACTOR_NAME):
        raise Faulty([fault])
    return name


def wrong_code() -> Faulty:
    return Faulty([Fault("code", "wrong", "is not the code of this moment")])
