from typing import Protocol

from keys.algorithms import PrivateKey, algorithm
from keys.errors import CannotSign
from keys.master_keys import MasterKeys
from keys.private_part import open_private
from keys.signing_key import KeyState, SigningKey


class Signer(Protocol):
    """What signs with one key: here in this process; an HSM or a KMS may stand behind it as well."""

    @property
    def kid(self) -> str:
        """The key that signs."""

    @property
    def algorithm(self) -> str:
        """The `alg` it signs with."""

    def sign(self, signing_input: bytes) -> bytes:
        """The JWS signature of *signing_input* (RFC 7515 section 5.1); ECDSA as R and S, 64 bytes."""


class LocalSigner:
    """A signer that holds the private key in memory. Prints as its kid alone."""

    __slots__ = ("_jws", "_private_key", "algorithm", "kid")

    def __init__(self, kid: str, algorithm_name: str, private_key: PrivateKey) -> None:
        self.kid = kid
        self.algorithm = algorithm_name
        self._jws = algorithm(algorithm_name).jws
        self._private_key = private_key

    def sign(self, signing_input: bytes) -> bytes:
        """See Signer."""
        return self._jws.sign(signing_input, self._private_key)

    def __repr__(self) -> str:
        return f"LocalSigner({self.kid})"


def open_signer(key: SigningKey, masters: MasterKeys | None) -> LocalSigner:
    """The signer of an active key, its private part opened once.

    Raises:
        CannotSign: the key is not active.
        VerifyOnly: the master key is missing or another one, or the sealed text was changed (R31).
    """
    if key.state is not KeyState.ACTIVE:
        raise CannotSign(f"{key.kid} is {key.state}")
    return LocalSigner(key.kid, key.algorithm, open_private(key, masters))
