"""The verifier of Safeconduct tokens: signed JWTs that can be revoked one by one."""

from typing import TYPE_CHECKING, Any

from safeconduct.claims import Claims, StatusReference
from safeconduct.errors import InsufficientScope, InvalidToken, SafeconductError, Unavailable
from safeconduct.jwks import KeyPurpose, KeySet, VerificationKey
from safeconduct.policy import VerificationPolicy
from safeconduct.profiles import DEFAULT, LENIENT, STRICT, Profile
from safeconduct.status_list import StatusList, judge_status
from safeconduct.status_list_token import SignedStatusList, check_status_list_token
from safeconduct.verifier import check, judge_times

if TYPE_CHECKING:
    from safeconduct.asynchronous import Verifier

__all__ = [
    "DEFAULT",
    "LENIENT",
    "STRICT",
    "Claims",
    "InsufficientScope",
    "InvalidToken",
    "KeyPurpose",
    "KeySet",
    "Profile",
    "SafeconductError",
    "SignedStatusList",
    "StatusList",
    "StatusReference",
    "Unavailable",
    "VerificationKey",
    "VerificationPolicy",
    "Verifier",
    "check",
    "check_status_list_token",
    "judge_status",
    "judge_times",
]


def __getattr__(name: str) -> Any:
    """`Verifier` brings asyncio with it, which programs that block can do without."""
    if name != "Verifier":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from safeconduct.asynchronous import Verifier  # noqa: PLC0415 - that is the point

    return Verifier
