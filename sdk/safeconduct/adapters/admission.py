"""One request in, claims or a refusal out: what all adapters do between reading and answering."""

from functools import partial
from typing import Any

from safeconduct.adapters.demand import Demand, Shown
from safeconduct.asynchronous import Verifier
from safeconduct.claims import Claims
from safeconduct.errors import SafeconductError
from safeconduct.refusal import Refusal, refusal
from safeconduct.sync import Verifier as SyncVerifier


class Refused(Exception):
    """The request is answered with `refusal`."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.status)
        self.refusal = refusal


async def admit(verifier: Verifier, demand: Demand, shown: Shown) -> Claims:
    """Raises Refused."""
    token = ""
    try:
        token = demand.token(shown)
        return await verifier.verify(token, **_options(demand, shown))
    except SafeconductError as error:
        raise Refused(refusal(error, verifier.issuer, token)) from error


def admit_blocking(verifier: SyncVerifier, demand: Demand, shown: Shown) -> Claims:
    """Raises Refused."""
    token = ""
    try:
        token = demand.token(shown)
        return verifier.verify(token, **_options(demand, shown))
    except SafeconductError as error:
        raise Refused(refusal(error, verifier.issuer, token)) from error


def _options(demand: Demand, shown: Shown) -> dict[str, Any]:
    return {"scope": demand.scope(shown.method), "client_address": partial(demand.address, shown)}
