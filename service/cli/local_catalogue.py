"""A catalogue put into the database without the service: before its first start, or while it is stopped."""

from typing import Any

import msgspec
from safeconduct.document import CatalogueInvalid

from service.api.catalogue import applied_document
from service.application.catalogue import Applied, ApplyCatalogue
from service.application.current import Current
from service.cli.failures import CommandFailed
from service.clock import system_clock
from service.domain.catalogue import CatalogueDocument
from service.settings import Settings
from service.storage import open_storage

ACTOR = "operator"


async def apply_locally(settings: Settings, text: str, **how: Any) -> dict[str, Any]:
    """What the service would answer. Neither keys nor the shipped catalogue are made: a first start finds this one.

    Raises:
        CommandFailed: it is no catalogue.
        SafeconductError: the database refuses; on SQLite also while the service runs.
    """
    storage = await open_storage(settings.effective_database_url, system_clock)
    try:
        await storage.migrate()
        wanted, declared = CatalogueDocument.of_file(text, issuer=settings.issuer)
        apply_catalogue = ApplyCatalogue(storage, Current(None))
        applied = await apply_catalogue(wanted, declared, actor=ACTOR, **how)
        return _members(applied)
    except CatalogueInvalid as invalid:
        raise CommandFailed(
            f"this is no catalogue ({invalid.code})", *(f"  {fault}" for fault in invalid.faults)
        ) from None
    finally:
        await storage.close()


def _members(applied: Applied) -> dict[str, Any]:
    members: dict[str, Any] = msgspec.to_builtins(applied_document(applied))
    return members
