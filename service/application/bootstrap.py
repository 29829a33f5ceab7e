"""The first start: sealed secrets, keys, a catalogue. Explicit acts of start-up, never of a request (R28)."""

import contextlib

from keys import MasterKeys, VerifyOnly
from service.application.catalogue import ApplyCatalogue, CatalogueChangedMeanwhile
from service.application.keys import RotateKeys
from service.application.ports import Storage
from service.domain.catalogue import CatalogueDocument
from service.domain.identifiers import Randomness

INDEX_KEY = "status_list_index"
_KEY_BYTES = 32


async def index_key(storage: Storage, masters: MasterKeys | None, *, randomness: Randomness) -> bytes | None:
    """The index permutation's key, made at the first start; None when the master key does not open it."""
    if masters is None:
        return None
    row = (INDEX_KEY,)
    async with storage.transaction() as tx:
        if await tx.secrets.get(INDEX_KEY) is None:
            fresh = masters.seal(randomness(_KEY_BYTES), row, randomness=randomness)
            await tx.secrets.add(INDEX_KEY, fresh, masters.current.master_id, await tx.now())
        stored = await tx.secrets.get(INDEX_KEY)
    try:
        return masters.open(stored[0], row) if stored else None
    except VerifyOnly:
        return None


async def first_start(
    storage: Storage, apply_catalogue: ApplyCatalogue, rotate_keys: RotateKeys, shipped: CatalogueDocument
) -> None:
    """Put the shipped catalogue in force where there is none, and make the keys that are missing.

    Raises:
        VerifyOnly: the master key opens nothing; the process goes on without signing.
    """
    async with storage.reading() as read:
        catalogue = await read.catalogues.latest()
    if catalogue is None:
        with contextlib.suppress(CatalogueChangedMeanwhile):  # another replica's first start came first
            await apply_catalogue(shipped, actor="bootstrap", expected_version=0)
    await rotate_keys.when_due()
