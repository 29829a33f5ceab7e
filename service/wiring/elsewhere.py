"""Identity providers and platforms, of the file that names them."""

from safeconduct.aiohttp_transport import AiohttpTransport

from service.application.arrivals import Arrivals
from service.application.back_channel_logout import BackChannelLogout
from service.application.change_grant import ChangeGrant
from service.application.disable_identity import DisableIdentity
from service.application.foreign_issuer import ForeignIssuer
from service.application.platform_credentials import KnownPlatform, PlatformCredentials
from service.application.provider_dialogue import KnownProvider, ProviderDialogue
from service.application.sign_in import Sessions
from service.application.sign_in_elsewhere import SignInElsewhere
from service.application.users import DisableUser
from service.elsewhere_file import read_elsewhere
from service.outward_settings import trust_of
from service.web.elsewhere import ElsewhereServices
from service.wiring.world import World


def elsewhere_services(world: World, sessions: Sessions, change_grant: ChangeGrant) -> ElsewhereServices:
    """Nothing is asked of anybody before somebody comes from there."""
    settings, storage = world.settings, world.storage
    transport = AiohttpTransport(ssl_context=trust_of(settings.trusted_ca_file))
    named = read_elsewhere(settings.sso_file, settings.issuer)
    known = {
        each.id: KnownProvider(each, ForeignIssuer(each.issuer, transport.send, world.clock))
        for each in named.providers
    }
    dialogue = ProviderDialogue(storage, known, transport.send, world.clock, own_address=settings.issuer)
    arrivals = Arrivals(storage, world.current, change_grant, randomness=world.randomness)
    platforms = [
        KnownPlatform(each, ForeignIssuer(each.issuer, transport.send, world.clock, jwks_uri=each.jwks_uri))
        for each in named.platforms
    ]
    return ElsewhereServices(
        providers=named.providers,
        sign_in=SignInElsewhere(
            storage, dialogue, arrivals, sessions, randomness=world.randomness, clock=world.clock
        ),
        platform=PlatformCredentials(storage, world.current, platforms, arrivals, world.clock),
        origins=frozenset(origin for each in named.platforms for origin in each.origins),
        log_out=BackChannelLogout(storage, dialogue, world.clock),
        disable=DisableIdentity(storage, DisableUser(storage)),
        close=transport.aclose,
    )
