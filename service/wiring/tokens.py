"""Making tokens, and recognising them, under their keys."""

from service.application.bootstrap import index_key
from service.application.keys import CompromiseKey, KeyRoom, RotateKeys
from service.application.minting import Mint
from service.application.recognition import RecogniseToken
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
