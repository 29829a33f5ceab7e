"""The verifier of Safeconduct tokens: signed JWTs that can be revoked one by one."""

from safeconduct.claims import Claims, StatusReference
from safeconduct.jwks import KeyPurpose, KeySet, VerificationKey
from safeconduct.policy import VerificationPolicy
from safeconduct.verifier import check

__all__ = [
    "Claims",
    "KeyPurpose",
    "KeySet",
    "StatusReference",
    "VerificationKey",
    "VerificationPolicy",
    "check",
]
