"""The use cases that the faces of the service call."""

from dataclasses import dataclass

from service.application.address_rates import AddressRates
from service.application.catalogue import ApplyCatalogue
from service.application.change_password import ChangePassword
from service.application.check_token import CheckToken
from service.application.client_limits import ClientLimits
from service.application.clients import CreateClient, DisableClient
from service.application.current import Current
from service.application.edit import EditToken
from service.application.find_user import FindUser
from service.application.forward_auth import ForwardAuth
from service.application.introspect import Introspect
from service.application.inventory import ListInventory
from service.application.invitations import Invitations
from service.application.issue import IssueToken
from service.application.keys import CompromiseKey, ListKeys, RotateKeys
from service.application.leaks import RevokeLeaked
from service.application.list_tokens import GetToken, ListTokens
from service.application.machines import Machines
from service.application.own_sessions import OwnSessions
from service.application.publication import Push
from service.application.readiness import Readiness
from service.application.receipts import RevocationReceipts
from service.application.recognition import RecogniseToken
from service.application.record_uses import RecordUses
from service.application.regenerate import RegenerateToken
from service.application.report_use import ReportUse
from service.application.revoke import RevokePresented, RevokeToken
from service.application.revoke_many import RevokeMany
from service.application.rotate_itself import RotateItself
from service.application.sightings import Sightings
from service.application.sign_in import Sessions
from service.application.status_lists import StatusListTokens
from service.application.token_summary import CountTokens
from service.application.users import CreateUser, DisableUser
from service.application.uses import ListRefusals, UsedScopes
from service.settings import Settings
from service.web.client_services import ClientServices
from service.web.elsewhere import ElsewhereServices
from service.web.governance import Governance
from service.web.leak_signature import FinderKeys
from service.web.notice_services import NoticeServices
from service.web.second_factors import SecondFactors


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What is known of the uses of tokens."""

    sightings: Sightings
    record: RecordUses
    report: ReportUse
    refusals: ListRefusals
    used_scopes: UsedScopes
    check: CheckToken


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnAccount:
    """What people do with their own account."""

    sessions: OwnSessions
    change_password: ChangePassword
    token_counts: CountTokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    settings: Settings
    current: Current
    readiness: Readiness
    usage: Usage

    sessions: Sessions
    invitations: Invitations
    own_account: OwnAccount
    second_factors: SecondFactors
    create_user: CreateUser
    disable_user: DisableUser
    machines: Machines
    find_user: FindUser
    create_client: CreateClient
    disable_client: DisableClient
    clients: ClientServices

    issue: IssueToken
    list_tokens: ListTokens
    get_token: GetToken
    edit: EditToken
    regenerate: RegenerateToken
    rotate_itself: RotateItself
    revoke: RevokeToken
    revoke_presented: RevokePresented
    revoke_many: RevokeMany
    receipts: RevocationReceipts
    inventory: ListInventory
    recognise: RecogniseToken
    introspect: Introspect
    forward_auth: ForwardAuth
    revoke_leaked: RevokeLeaked
    finder_keys: FinderKeys
    client_limits: ClientLimits
    address_rates: AddressRates

    status_lists: StatusListTokens
    publication: Push
    list_keys: ListKeys
    rotate_keys: RotateKeys
    compromise_key: CompromiseKey
    apply_catalogue: ApplyCatalogue
    governance: Governance
    notices: NoticeServices
    elsewhere: ElsewhereServices
