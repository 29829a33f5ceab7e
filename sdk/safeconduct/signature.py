"""The step between reading a token and believing it (RFC 8725 sections 3.1 and 3.2)."""

from collections.abc import Set as AbstractSet

from safeconduct.algorithms import ALGORITHMS
from safeconduct.errors import BadSignature, WrongAlgorithm
from safeconduct.jwks import KeyPurpose, KeySet
from safeconduct.parser import ParsedToken


def check_signature(
    parsed: ParsedToken, keys: KeySet, purpose: KeyPurpose, algorithms: AbstractSet[str]
) -> None:
    """Return if `alg` is allowed, `kid` names a key for it and for `purpose`, and the signature fits.

    Raises:
        WrongAlgorithm: `alg` is not allowed here or not its key's.
        BadSignature: wrong length, or does not fit.
        UnknownKey: no key has this `kid`.
        WrongKeyPurpose: the key signs something else.
    """
    if parsed.alg not in algorithms:
        raise WrongAlgorithm("alg is not allowed")
    if len(parsed.signature) not in ALGORITHMS[parsed.alg].signature_lengths:
        raise BadSignature("no signature of this alg has this length")
    key = keys.find(parsed.kid, purpose)
    if key.alg != parsed.alg:
        raise WrongAlgorithm("alg is not the one its key is bound to")
    if not key.verify(parsed.signing_input, parsed.signature):
        raise BadSignature("the signature does not fit")
