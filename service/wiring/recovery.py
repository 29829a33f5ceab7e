"""Recovery, which needs the database and what was kept outside of it, and nothing that runs."""

from service.application.current import Current
from service.application.history import History
from service.application.ports import Storage
from service.application.recover import Recover, Recovered
from service.clock import Clock
from service.publish.data_folder import DataFolder
from service.publish.redis_copies import RedisCopies
from service.settings import Settings
from service.storage import open_storage


async def history_of(settings: Settings, storage: Storage, current: Current) -> History:
    """What this process has seen and published, and whether the database is older."""
    shelf = DataFolder(settings.data_dir / "published", settings.issuer)
    far = RedisCopies(settings.redis_url, settings.issuer) if settings.redis_url else None
    tick = settings.status_list_tick
    history = History(storage, current, shelf, far, issuer=settings.issuer, tick=tick)
    await history.open()
    return history


async def recover(
    settings: Settings, clock: Clock, *, dry_run: bool = False, actor: str = "operator"
) -> Recovered:
    """Of the configured database, with the lists in the configured folder."""
    storage = await open_storage(settings.effective_database_url, clock)
    try:
        await storage.migrate()
        current = Current(None)
        history = await history_of(settings, storage, current)
        told = await Recover(storage, history, seen=current.seen)(actor=actor, dry_run=dry_run)
        if not dry_run:
            await current.reload(storage)
            await history.follow()
        return told
    finally:
        await storage.close()
