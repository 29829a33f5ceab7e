"""Making tokens, recognising them and publishing their status, under their keys."""

from service.application.bootstrap import index_key
from service.application.keys import CompromiseKey, KeyRoom, RotateKeys
from service.application.minting import Mint
from service.application.recognition import RecogniseToken
from service.application.status_lists import ListTimes, StatusListTokens
from service.wiring.world import World


def keys_of(world: World) -> tuple[RotateKeys, CompromiseKey]:
    policy = world.settings.rotation_policy()
    room = KeyRoom(world.storage, world.current, world.masters, randomness=world.randomness)
    return RotateKeys(room, policy), CompromiseKey(world.storage, room, policy)


async def mint_of(world: World) -> Mint:
    return Mint(
        world.current,
        issuer=world.settings.issuer,
        randomness=world.randomness,
        hash_key=world.hash_key,
        index_key=await index_key(world.storage, world.masters, randomness=world.randomness),
    )


def recogniser(world: World) -> RecogniseToken:
    issuer = world.settings.issuer
    return RecogniseToken(
        world.storage, world.current, issuer=issuer, hash_key=world.hash_key, clock=world.clock
    )


def status_lists_of(world: World) -> StatusListTokens:
    settings = world.settings
    times = ListTimes(
        ttl=settings.status_list_ttl, lifetime=settings.status_list_lifetime, tick=settings.status_list_tick
    )
    return StatusListTokens(
        world.storage, world.current, issuer=settings.issuer, times=times, clock=world.clock
    )
