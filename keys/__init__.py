"""Signing keys: their life, their custody, and what they sign. No HTTP, no SQL, no clock of its own."""

from keys.algorithms import ALGORITHMS, algorithm
from keys.emergency import compromise, replace_unopenable
from keys.errors import (
    CannotSign,
    IllegalKey,
    IllegalTransition,
    ImpossibleTimings,
    KeyFailure,
    KeyNotFound,
    MasterKeyMalformed,
    MasterKeyMismatch,
    MasterKeyMissing,
    NextKeyTooYoung,
    NoActiveKey,
    Pin,
    RotationRefused,
    SealBroken,
    SelfCheckFailed,
    TooManyKeys,
    UnknownAlgorithm,
    UnsuitableKey,
    VerifyOnly,
)
from keys.jwks import Jwks, jwks, public_pem
from keys.jws import JwsSigner
from keys.master_keys import MasterKeys
from keys.policy import MAX_PUBLISHED, RotationPolicy
from keys.private_part import create_key, import_key, open_private, require_open
from keys.ring import KeyRing
from keys.rotation import pins, plan, rewrap, rotate
from keys.sealing import MasterKey, new_master_key_text
from keys.signer import LocalSigner, Signer, open_signer
from keys.signing_key import LEGAL, KeyState, Purpose, SigningKey
from keys.store import KeyStore
from keys.transition import NewKey, Plan, Step, Transition, apply, fulfil

__all__ = [
    "ALGORITHMS",
    "LEGAL",
    "MAX_PUBLISHED",
    "CannotSign",
    "IllegalKey",
    "IllegalTransition",
    "ImpossibleTimings",
    "Jwks",
    "JwsSigner",
    "KeyFailure",
    "KeyNotFound",
    "KeyRing",
    "KeyState",
    "KeyStore",
    "LocalSigner",
    "MasterKey",
    "MasterKeyMalformed",
    "MasterKeyMismatch",
    "MasterKeyMissing",
    "MasterKeys",
    "NewKey",
    "NextKeyTooYoung",
    "NoActiveKey",
    "Pin",
    "Plan",
    "Purpose",
    "RotationPolicy",
    "RotationRefused",
    "SealBroken",
    "SelfCheckFailed",
    "Signer",
    "SigningKey",
    "Step",
    "TooManyKeys",
    "Transition",
    "UnknownAlgorithm",
    "UnsuitableKey",
    "VerifyOnly",
    "algorithm",
    "apply",
    "compromise",
    "create_key",
    "fulfil",
    "import_key",
    "jwks",
    "new_master_key_text",
    "open_private",
    "open_signer",
    "pins",
    "plan",
    "public_pem",
    "replace_unopenable",
    "require_open",
    "rewrap",
    "rotate",
]
