"""One request in, claims or a refusal out: what all adapters do between reading and answering."""

from collections.abc import Callable, Sequence
from functools import partial

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


def short_way(
    verifier: Verifier | SyncVerifier, demand: Demand
) -> Callable[[str, Sequence[str]], Claims | None]:
    """Of method and Authorization headers: the claims of a token seen before, where all is as usual.

    Most requests end there, without a coroutine and before anything but one header was read. Made once for
    all requests.
    """
    if demand.parameter is not None or verifier.usage is not None:
        return lambda _method, _authorization: None
    recall, scope = verifier.recall, demand.scope

    def recalled(method: str, authorization: Sequence[str]) -> Claims | None:
        if len(authorization) == 1 and authorization[0][:7] == "Bearer ":
            return recall(authorization[0][7:], scope(method))
        return None

    return recalled


async def admit(verifier: Verifier, demand: Demand, shown: Shown) -> Claims:
    """Raises Refused."""
    token, scope = "", demand.scope(shown.method)
    try:
        token = demand.token(shown)
        claims = await verifier.verify(token, scope=scope, client_address=partial(demand.address, shown))
    except SafeconductError as error:
        raise _refused(verifier, demand, shown, token, error) from error
    if verifier.usage is not None:
        verifier.usage.accepted(claims, scope, ip=demand.address(shown), user_agent=shown.user_agent)
    return claims


def admit_blocking(verifier: SyncVerifier, demand: Demand, shown: Shown) -> Claims:
    """Raises Refused."""
    token, scope = "", demand.scope(shown.method)
    try:
        token = demand.token(shown)
        claims = verifier.verify(token, scope=scope, client_address=partial(demand.address, shown))
    except SafeconductError as error:
        raise _refused(verifier, demand, shown, token, error) from error
    if verifier.usage is not None:
        verifier.usage.accepted(claims, scope, ip=demand.address(shown), user_agent=shown.user_agent)
    return claims


def _refused(
    verifier: Verifier | SyncVerifier, demand: Demand, shown: Shown, token: str, error: SafeconductError
) -> Refused:
    if verifier.usage is not None:
        scope, ip = demand.scope(shown.method), demand.address(shown)
        verifier.usage.refused(token, error, scope, ip=ip, user_agent=shown.user_agent)
    return Refused(refusal(error, verifier.issuer, token))
