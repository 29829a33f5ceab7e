"""Pushing the status lists to the event stream and to Redis."""

from service.application.publication import Notes, Push
from service.application.revocation_feed import RevocationFeed
from service.application.revocation_streams import RevocationStreams
from service.clock import system_milliseconds
from service.publish.list_copies import ListCopies
from service.publish.redis import RedisLists
from service.wiring.world import World


def push_of(world: World) -> Push:
    settings, storage = world.settings, world.storage
    feed, notes = RevocationFeed(storage), Notes(storage, system_milliseconds)
    return Push(
        listen=storage.listen,
        feed=feed,
        streams=RevocationStreams(
            feed, places=settings.revocation_streams, per_address=settings.revocation_streams_per_address
        ),
        notes=notes,
        announcer=world.announcer,
        heartbeat=settings.revocation_stream_heartbeat,
        poll=settings.revocation_poll_ms / 1_000,
        redis=_redis(world, feed, notes) if settings.redis_url else None,
    )


def _redis(world: World, feed: RevocationFeed, notes: Notes) -> RedisLists:
    copies = ListCopies(world.storage, feed)
    return RedisLists(world.settings.redis_url, feed, copies, notes, issuer=world.settings.issuer)
