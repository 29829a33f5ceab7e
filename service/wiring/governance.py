"""Who may what, and under which policy."""

from service.application.catalogue import ApplyCatalogue
from service.application.change_grant import ChangeGrant
from service.application.change_role import ChangeRole
from service.application.enable_user import EnableUser
from service.application.mailed_links import Links
from service.application.password_link import NewPasswordLink
from service.application.policies import Policies
from service.application.read_audit import ReadAudit
from service.web.governance import Governance
from service.wiring.world import World


def governance(world: World, apply_catalogue: ApplyCatalogue, links: Links) -> Governance:
    storage = world.storage
    return Governance(
        policies=Policies(storage, apply_catalogue),
        change_grant=ChangeGrant(storage, world.current),
        change_role=ChangeRole(storage),
        enable_user=EnableUser(storage),
        password_link=NewPasswordLink(storage, links),
        audit=ReadAudit(storage),
    )
