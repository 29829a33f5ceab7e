"""Clients that prove themselves, and the short access tokens that they get."""

from service.application.client_changes import ChangeClientProof
from service.application.client_credentials import ClientCredentials
from service.application.client_proofs import ClientProofs
from service.application.exchange import ExchangeToken
from service.application.minting import Mint
from service.application.recognition import RecogniseToken
from service.application.revoke_short import RevokeShort
from service.application.short_recognition import RecogniseShort
from service.web.client_services import ClientServices
from service.wiring.world import World


def client_services(world: World, mint: Mint, recognise: RecogniseToken) -> ClientServices:
    storage, current, issuer = world.storage, world.current, world.settings.issuer
    short = RecogniseShort(storage, current, issuer=issuer, clock=world.clock)
    lifetime, per_minute = world.settings.access_token_lifetime, world.settings.access_tokens_per_minute
    return ClientServices(
        proofs=ClientProofs(storage, current, issuer=issuer, clock=world.clock),
        change_proof=ChangeClientProof(storage, current, randomness=world.randomness),
        client_credentials=ClientCredentials(
            storage, current, mint, lifetime=lifetime, per_minute=per_minute
        ),
        exchange=ExchangeToken(storage, current, recognise, mint, lifetime=lifetime),
        recognise_short=short,
        revoke_short=RevokeShort(storage, short),
    )
