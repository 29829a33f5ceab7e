"""People with passwords: who was invited, and came."""

import itertools

from service.application.attempts import Origin
from service.application.sign_in import OpenedSession
from service.domain.principal import SignedIn
from service.domain.secret import Secret
from service.domain.session import Carrier, InvitationPurpose
from service.domain.user import Grant, GrantKind, Role, User
from tests.application.deployment import Deployment

PASSWORD = "copper mango violin tundra"
ANOTHER = "walnut ferry basil quartz orbit"
_NETWORKS = (f"192.0.{n // 256}.{n % 256}" for n in itertools.count(512))


def from_afar() -> Origin:
    """A network that nobody called from yet, whose failures count for nobody else."""
    return Origin(address=next(_NETWORKS))


async def arrive(on: Deployment, name: str = "Ann Ulm", carrier: Carrier = Carrier.COOKIE) -> OpenedSession:
    """Somebody new who has followed their invitation: their first session."""
    _, secret = await on.services.create_user(
        name=name, role=Role.USER, grant=Grant(GrantKind.ALL), actor="test"
    )
    return await on.services.invitations.accept(
        secret, Secret(PASSWORD), name=None, carrier=carrier, origin=from_afar()
    )


async def sign_in(
    on: Deployment, name: str, password: str = PASSWORD, carrier: Carrier = Carrier.COOKIE
) -> OpenedSession:
    return await on.services.sessions.sign_in(name, Secret(password), carrier=carrier, origin=from_afar())


async def find(on: Deployment, opened: OpenedSession, carrier: Carrier | None = None) -> SignedIn | None:
    return await on.services.sessions.find(opened.secret, carrier or opened.session.carrier)


async def link_for(
    on: Deployment, user: User, purpose: InvitationPurpose = InvitationPurpose.PASSWORD
) -> Secret:
    """A one-time link for somebody, as a forgotten password gets one."""
    async with on.storage.transaction() as tx:
        return await on.services.invitations.invite(tx, purpose, user_id=user.id)
