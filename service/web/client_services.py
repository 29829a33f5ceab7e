from dataclasses import dataclass

from service.application.client_changes import ChangeClientProof
from service.application.client_credentials import ClientCredentials
from service.application.client_proofs import ClientProofs
from service.application.exchange import ExchangeToken
from service.application.revoke_short import RevokeShort
from service.application.short_recognition import RecogniseShort


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientServices:
    """How clients prove themselves, and the access tokens that they get."""

    proofs: ClientProofs
    change_proof: ChangeClientProof
    client_credentials: ClientCredentials
    exchange: ExchangeToken
    recognise_short: RecogniseShort
    revoke_short: RevokeShort
