"""How much one client or one address may ask."""

from pathlib import Path

from service.application.address_rates import AddressRates
from service.application.client_limits import ClientLimits
from service.application.leaks import RevokeLeaked
from service.application.recognition import RecogniseToken
from service.application.revoke_many import RevokeMany
from service.application.short_recognition import RecogniseShort
from service.ceilings import scan_rules
from service.settings import PREFIX, SettingsInvalid
from service.web.leak_signature import FinderKeys
from service.wiring.world import World

MOST_LEAK_CHECKS = 20
"""Signatures checked for one address in a minute, of strings that claim to be ours (threats 26)."""


def revoke_leaked(world: World, recognise: RecogniseToken, revoke_many: RevokeMany) -> RevokeLeaked:
    checks = AddressRates(per_minute=MOST_LEAK_CHECKS, clock=world.clock)
    return RevokeLeaked(recognise, revoke_many, checks)


def finder_keys(world: World) -> FinderKeys:
    """Raises SettingsInvalid: the file cannot be read, or is another."""
    path = world.settings.leak_keys_file
    try:
        return FinderKeys.read(Path(path) if path else None)
    except (OSError, ValueError) as error:
        raise SettingsInvalid([f"{PREFIX}LEAK_KEYS_FILE: {error}"]) from None


def client_limits(world: World, recognise: RecogniseToken, short: RecogniseShort) -> ClientLimits:
    def is_known(token: str) -> bool:
        return recognise.remembers(token) or short.remembers(token)

    return ClientLimits(world.storage, scan_rules(world.settings), is_known=is_known, clock=world.clock)


def address_rates(world: World) -> AddressRates:
    return AddressRates(per_minute=world.settings.anonymous_requests_per_minute, clock=world.clock)
