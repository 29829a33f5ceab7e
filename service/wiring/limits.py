"""How much one client or one address may ask."""

from service.application.address_rates import AddressRates
from service.application.client_limits import ClientLimits
from service.application.recognition import RecogniseToken
from service.ceilings import scan_rules
from service.wiring.world import World


def client_limits(world: World, recognise: RecogniseToken) -> ClientLimits:
    rules = scan_rules(world.settings)
    return ClientLimits(world.storage, rules, is_known=recognise.remembers, clock=world.clock)


def address_rates(world: World) -> AddressRates:
    return AddressRates(per_minute=world.settings.anonymous_requests_per_minute, clock=world.clock)
