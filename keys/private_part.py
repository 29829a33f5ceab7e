"""The private part of a key: made, imported, sealed, opened."""

import secrets
from dataclasses import replace

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
    load_pem_private_key,
)

from keys.algorithms import PrivateKey, algorithm
from keys.errors import MasterKeyMissing, SealBroken, SelfCheckFailed, UnsuitableKey
from keys.master_keys import MasterKeys
from keys.ring import KeyRing
from keys.sealing import Randomness
from keys.signing_key import KeyState, Purpose, SigningKey
from keys.thumbprint import thumbprint

_SELF_TEST = b"safeconduct self-test"


def create_key(
    purpose: Purpose,
    algorithm_name: str,
    now: int,
    masters: MasterKeys,
    *,
    randomness: Randomness = secrets.token_bytes,
) -> SigningKey:
    """A fresh next key, published from *now* on. RSA takes up to a second: call it in a thread.

    Raises:
        UnknownAlgorithm: no row for that name.
    """
    return _next_key(
        algorithm(algorithm_name).generate(), purpose, algorithm_name, now, masters, randomness=randomness
    )


def import_key(
    pem: bytes,
    purpose: Purpose,
    algorithm_name: str,
    now: int,
    masters: MasterKeys,
    *,
    randomness: Randomness = secrets.token_bytes,
) -> SigningKey:
    """A next key made elsewhere, from its unencrypted PEM (PKCS #8, PKCS #1, SEC 1), published from *now* on.

    Raises:
        UnknownAlgorithm: no row for that name.
        UnsuitableKey: no private key, or none that this algorithm may sign with (see Algorithm.accept).
    """
    try:
        private_key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise UnsuitableKey("not an unencrypted private key in PEM form") from error
    accepted = algorithm(algorithm_name).accept(private_key)
    return _next_key(accepted, purpose, algorithm_name, now, masters, randomness=randomness)


def open_private(key: SigningKey, masters: MasterKeys | None) -> PrivateKey:
    """The private part, proven to belong to the key's public part.

    Raises:
        MasterKeyMissing: no master key.
        MasterKeyMismatch: sealed under none of *masters*.
        SealBroken: the text was changed, or is another row's, or there is none.
    """
    if masters is None:
        raise MasterKeyMissing("no master key was given")
    if key.sealed_private is None:
        raise SealBroken(f"{key.kid}: its private part is destroyed")
    row = algorithm(key.algorithm)
    octets = masters.open(key.sealed_private, _row(key.kid, key.purpose, key.algorithm))
    try:
        # The seal vouches for the octets, and judging an RSA key anew takes 90 ms.
        private_key = row.accept(
            load_der_private_key(octets, password=None, unsafe_skip_rsa_key_validation=True)
        )
    except (ValueError, UnsuitableKey) as error:
        raise SealBroken(f"{key.kid}: what was sealed is no key for {key.algorithm}") from error
    if row.public_jwk(private_key) != dict(key.public_jwk):
        raise SealBroken(f"{key.kid}: the private part is another key's")
    return private_key


def require_open(ring: KeyRing, masters: MasterKeys | None) -> None:
    """Make sure that all private parts of *ring* open under *masters*: before that nothing may change (K22).

    Raises:
        VerifyOnly: as open_private does, for the first key that stays shut.
    """
    if masters is None:
        raise MasterKeyMissing("no master key was given")
    for key in ring.keys:
        if key.sealed_private is not None:
            open_private(key, masters)


def rewrapped(
    key: SigningKey, masters: MasterKeys, *, randomness: Randomness = secrets.token_bytes
) -> SigningKey:
    """The same key, its private part sealed under the current master key.

    Raises:
        VerifyOnly: as open_private does.
    """
    if key.sealed_private is None:
        return key
    row = _row(key.kid, key.purpose, key.algorithm)
    sealed = masters.reseal(key.sealed_private, row, randomness=randomness)
    return replace(key, sealed_private=sealed, master_id=masters.current.master_id)


def _next_key(
    private_key: PrivateKey,
    purpose: Purpose,
    algorithm_name: str,
    now: int,
    masters: MasterKeys,
    *,
    randomness: Randomness,
) -> SigningKey:
    row = algorithm(algorithm_name)
    public_jwk = row.public_jwk(private_key)
    signature = row.jws.sign(_SELF_TEST, private_key)
    if not row.jws.verify(_SELF_TEST, row.public_key(public_jwk), signature):
        raise SelfCheckFailed("a fresh key does not verify what it signed")
    kid = thumbprint(public_jwk)
    octets = private_key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return SigningKey(
        kid=kid,
        purpose=purpose,
        algorithm=algorithm_name,
        state=KeyState.NEXT,
        public_jwk=public_jwk,
        sealed_private=masters.seal(octets, _row(kid, purpose, algorithm_name), randomness=randomness),
        master_id=masters.current.master_id,
        created_at=now,
        published_at=now,
    )


def _row(kid: str, purpose: Purpose, algorithm_name: str) -> tuple[str, str, str]:
    return (kid, purpose, algorithm_name)
