"""The published status lists, and what becomes of them when they are used up."""

from service.application.list_publication import ListTimes
from service.application.receipts import RevocationReceipts
from service.application.spent_lists import RemoveSpent, Retention
from service.application.status_lists import StatusListTokens
from service.wiring.world import World


def status_lists_of(world: World) -> StatusListTokens:
    settings = world.settings
    times = ListTimes(
        ttl=settings.status_list_ttl, lifetime=settings.status_list_lifetime, tick=settings.status_list_tick
    )
    return StatusListTokens(
        world.storage,
        world.current,
        world.history,
        issuer=settings.issuer,
        times=times,
        clock=world.clock,
    )


def remove_spent_of(world: World) -> RemoveSpent:
    settings = world.settings
    retention = Retention(
        status_lists=settings.status_list_retention,
        values=settings.expired_value_retention,
        changes=settings.status_change_retention,
    )
    return RemoveSpent(world.storage, retention)


def receipts_of(world: World) -> RevocationReceipts:
    settings = world.settings
    return RevocationReceipts(
        world.storage, lifetime=settings.status_list_lifetime, leeway=settings.rotation_policy().leeway
    )
