"""Who may what, and under which policy."""

from service.application.catalogue import ApplyCatalogue
from service.application.policies import Policies
from service.web.governance import Governance
from service.wiring.world import World


def governance(world: World, apply_catalogue: ApplyCatalogue) -> Governance:
    return Governance(policies=Policies(world.storage, apply_catalogue))
