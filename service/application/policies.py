"""The policy by itself: looked at, and replaced without touching the rest of the catalogue."""

from dataclasses import replace

from service.application.catalogue import Applied, ApplyCatalogue
from service.application.ports import Storage
from service.domain.catalogue import CatalogueDocument
from service.domain.policy import Policy


class Policies:
    def __init__(self, storage: Storage, apply_catalogue: ApplyCatalogue) -> None:
        self._storage = storage
        self._apply = apply_catalogue

    async def get(self) -> tuple[Policy, int]:
        """What holds by the database, and the version of the catalogue that says it."""
        catalogue, version = await self._latest()
        return catalogue.policy, version

    async def put(
        self, policy: Policy, *, actor: str, dry_run: bool = False, expected_version: int | None = None
    ) -> Applied:
        """Put it in force at every replica, or with `dry_run` tell what would change.

        It binds what is made from now on; tokens that live go on as they were granted.

        Raises:
            CatalogueChangedMeanwhile: `expected_version`, or what was read here, is not in force any more.
        """
        catalogue, version = await self._latest()
        return await self._apply(
            replace(catalogue, policy=policy),
            actor=actor,
            dry_run=dry_run,
            expected_version=version if expected_version is None else expected_version,
        )

    async def _latest(self) -> tuple[CatalogueDocument, int]:
        async with self._storage.reading() as read:
            latest = await read.catalogues.latest()
        return (CatalogueDocument.from_json(latest[1]), latest[0]) if latest else (CatalogueDocument(), 0)
