"""How much one client or one address may ask."""

from service.application.address_rates import AddressRates
from service.application.client_limits import ClientLimits
from service.application.recognition import RecogniseToken
from service.application.short_recognition import RecogniseShort
from service.ceilings import scan_rules
from service.wiring.world import World


def client_limits(world: World, recognise: RecogniseToken, short: RecogniseShort) -> ClientLimits:
    def is_known(token: str) -> bool:
        return recognise.remembers(token) or short.remembers(token)

    return ClientLimits(world.storage, scan_rules(world.settings), is_known=is_known, clock=world.clock)


def address_rates(world: World) -> AddressRates:
    return AddressRates(per_minute=world.settings.anonymous_requests_per_minute, clock=world.clock)
