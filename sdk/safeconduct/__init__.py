"""The verifier of Safeconduct tokens: signed JWTs that can be revoked one by one."""

from safeconduct.claims import Claims, StatusReference
from safeconduct.errors import InsufficientScope, InvalidToken, SafeconductError, Unavailable
from safeconduct.jwks import KeyPurpose, KeySet, VerificationKey
from safeconduct.policy import VerificationPolicy
from safeconduct.status_list import StatusList, judge_status
from safeconduct.status_list_token import SignedStatusList, check_status_list_token
from safeconduct.verifier import check, judge_times

__all__ = [
    "Claims",
    "InsufficientScope",
    "InvalidToken",
    "KeyPurpose",
    "KeySet",
    "SafeconductError",
    "SignedStatusList",
    "StatusList",
    "StatusReference",
    "Unavailable",
    "VerificationKey",
    "VerificationPolicy",
    "check",
    "check_status_list_token",
    "judge_status",
    "judge_times",
]
