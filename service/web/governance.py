"""What administrators decide: who may what, and under which policy."""

from dataclasses import dataclass

from service.application.change_grant import ChangeGrant
from service.application.change_role import ChangeRole
from service.application.enable_user import EnableUser
from service.application.password_link import NewPasswordLink
from service.application.policies import Policies
from service.application.read_audit import ReadAudit


@dataclass(frozen=True, slots=True, kw_only=True)
class Governance:
    policies: Policies
    change_grant: ChangeGrant
    change_role: ChangeRole
    enable_user: EnableUser
    password_link: NewPasswordLink
    audit: ReadAudit
