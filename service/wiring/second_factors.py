"""Second factors: what seals and binds them."""

from service.application.add_factor import AddFactor
from service.application.challenges import Challenges
from service.application.own_factors import OwnFactors
from service.application.passkeys import Passkeys
from service.application.prove_factor import ProveFactor
from service.application.reset_factors import ResetFactors
from service.web.second_factors import SecondFactors
from service.wiring.world import World

_KEY_BYTES = 32


def second_factors(world: World) -> SecondFactors:
    storage, randomness, settings = world.storage, world.randomness, world.settings
    passkeys = Passkeys(settings.issuer, Challenges(_key(world, "passkey-challenge"), randomness=randomness))
    prove = ProveFactor(storage, world.masters, passkeys, ticket_key=_key(world, "sign-in-ticket"))
    return SecondFactors(
        own=OwnFactors(storage, randomness=randomness),
        add=AddFactor(
            storage,
            world.current,
            world.masters,
            passkeys,
            prove,
            randomness=randomness,
            issuer_name=settings.brand_name,
        ),
        prove=prove,
        reset=ResetFactors(storage),
    )


def _key(world: World, label: str) -> bytes:
    """The same at every replica; without a master key this process's own, which serves it alone."""
    return world.masters.current.derive(label) if world.masters else world.randomness(_KEY_BYTES)
