"""The key sets that others publish -> the keys by which the SDK's check believes them.

Others leave out `use` and `alg`, publish keys for encryption and name keys as they like. What cannot be used is left
out of the set; what is used is judged as strictly as a key of our own.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from safeconduct import KeySet, VerificationKey
from safeconduct.errors import InvalidKeySet

from service.domain.foreign_jws import known_kid

MOST_KEYS: Final = 100

_USUAL: Final = {"RSA": "RS256", "EC": "ES256", "OKP": "EdDSA"}
"""The algorithm of a key that names none."""
_PUBLIC: Final = frozenset({"kty", "crv", "x", "y", "n", "e"})
_PRIVATE: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"})


def read_foreign_keys(document: Mapping[str, Any]) -> KeySet:
    """Raises ValueError: no key set (RFC 7517 section 5), or an absurdly large one."""
    entries = document.get("keys")
    if not isinstance(entries, list) or len(entries) > MOST_KEYS:
        raise ValueError("no key set")
    found: dict[str, VerificationKey] = {}
    for position, entry in enumerate(entries):
        for key in _readable(entry, position):
            found[key.kid] = key
    return KeySet(MappingProxyType(found))


def shares_a_key(ones: KeySet, others: KeySet) -> bool:
    """Whether one key is in both sets, whatever it is called there (threats 14)."""
    return not {_material(key) for key in ones}.isdisjoint(map(_material, others))


def _material(key: VerificationKey) -> bytes:
    return key.public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _readable(entry: object, position: int) -> KeySet | tuple[()]:
    if not isinstance(entry, dict) or entry.get("use", "sig") != "sig" or not _PRIVATE.isdisjoint(entry):
        return ()
    kty, kid = entry.get("kty"), entry.get("kid", str(position))
    if not isinstance(kid, str) or kty not in _USUAL:
        return ()
    public = {name: entry[name] for name in _PUBLIC & entry.keys()}
    cleaned = public | {"kid": known_kid(kid), "use": "sig", "alg": entry.get("alg", _USUAL[kty])}
    try:
        return KeySet.from_document({"keys": [cleaned]})
    except InvalidKeySet:
        return ()
