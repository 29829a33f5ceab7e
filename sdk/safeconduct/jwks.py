"""JWKS (RFC 7517) -> the keys a verifier may use, each bound to one algorithm and one purpose."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from safeconduct.algorithms import ALGORITHMS
from safeconduct.errors import InvalidKeySet, UnknownKey, WrongKeyPurpose
from safeconduct.public_keys import READERS, PublicKey

KEYS_LIMIT: Final = 50
"""Keys of the largest set that is read."""

_KID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SECRET_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"})


class KeyPurpose(StrEnum):
    """What a key may sign; the JWK's `purpose` member. Issuers that have none sign access tokens."""

    ACCESS_TOKEN = "access_token"  # noqa: S105 - a purpose, not a secret
    STATUS_LIST = "status_list"


@dataclass(frozen=True, slots=True)
class VerificationKey:
    """One public key, usable for one algorithm and one purpose. `signature_length` is in bytes."""

    kid: str
    alg: str
    purpose: KeyPurpose
    signature_length: int
    public_key: PublicKey

    def verify(self, signing_input: bytes, signature: bytes) -> bool:
        """Whether `signature`, in the form of RFC 7518 section 3 or RFC 8037 section 3.1, fits."""
        if len(signature) != self.signature_length:
            return False
        try:
            ALGORITHMS[self.alg].verify(self.public_key, signature, signing_input)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class KeySet:
    """An immutable set of keys by `kid`.

    `version` rises with each change that the issuer makes to its set; None where the issuer does not tell.
    """

    keys: Mapping[str, VerificationKey]
    version: int | None = None

    @classmethod
    def from_document(cls, document: object) -> "KeySet":
        """Read a JWKS. Entries of a `kty`, `alg` or `purpose` unknown here are left out.

        Raises:
            InvalidKeySet: more than 50 entries; a `kid` missing, malformed or repeated; a secret member or a
                symmetric key; `use` other than sig; no `alg`; or key material that is weak or malformed.
        """
        if not isinstance(document, dict) or not isinstance(document.get("keys"), list):
            raise InvalidKeySet("no keys array")
        entries = document["keys"]
        if len(entries) > KEYS_LIMIT:
            raise InvalidKeySet(f"more than {KEYS_LIMIT} keys")
        version = document.get("version")
        if version is not None and type(version) is not int:
            raise InvalidKeySet("version is not a whole number")
        seen: set[str] = set()
        keys = {}
        for entry in entries:
            kid = _checked_kid(entry)
            if kid in seen:
                raise InvalidKeySet(f"key {kid} appears twice")
            seen.add(kid)
            if (key := _read_key(kid, entry)) is not None:
                keys[kid] = key
        return cls(MappingProxyType(keys), version)

    def find(self, kid: str, purpose: KeyPurpose) -> VerificationKey:
        """The key with this `kid`, if it is published for `purpose`.

        Raises:
            UnknownKey: no key has this `kid`.
            WrongKeyPurpose: the key signs something else.
        """
        key = self.keys.get(kid)
        if key is None:
            raise UnknownKey("no key of the set has this kid")
        if key.purpose is not purpose:
            raise WrongKeyPurpose(f"the key is not published for {purpose}")
        return key

    def __contains__(self, kid: object) -> bool:
        return kid in self.keys

    def __iter__(self) -> Iterator[VerificationKey]:
        return iter(self.keys.values())

    def __len__(self) -> int:
        return len(self.keys)


def _checked_kid(entry: object) -> str:
    """What holds for every entry, known or not."""
    if not isinstance(entry, dict):
        raise InvalidKeySet("an entry is not an object")
    kid = entry.get("kid")
    if not isinstance(kid, str) or _KID.fullmatch(kid) is None:
        raise InvalidKeySet("a kid is missing or malformed")
    if entry.get("kty") == "oct" or not _SECRET_MEMBERS.isdisjoint(entry):
        raise InvalidKeySet(f"key {kid} is symmetric or private")
    if entry.get("use") != "sig":
        raise InvalidKeySet(f"key {kid} is not for signatures")
    if not isinstance(entry.get("alg"), str):
        raise InvalidKeySet(f"key {kid} has no alg")
    return kid


def _read_key(kid: str, entry: Mapping[str, Any]) -> VerificationKey | None:
    """The key, or None for one of a kind unknown here."""
    algorithm = ALGORITHMS.get(entry["alg"])
    if algorithm is None or entry.get("kty") not in READERS:
        return None
    if entry["kty"] != algorithm.kty:
        raise InvalidKeySet(f"alg and kty of key {kid} do not fit")
    try:
        purpose = KeyPurpose(entry.get("purpose", KeyPurpose.ACCESS_TOKEN))
    except ValueError:
        return None
    try:
        public_key = READERS[algorithm.kty](entry)
    except ValueError as error:
        raise InvalidKeySet(f"key {kid}: {error}") from error
    lengths = algorithm.signature_lengths
    length = (public_key.key_size + 7) // 8 if isinstance(public_key, RSAPublicKey) else lengths.start
    return VerificationKey(kid, algorithm.alg, purpose, length, public_key)
