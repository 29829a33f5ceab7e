"""Secrets at rest: AES-256-GCM under keys derived from one master key.

A sealed text is `sc1.<master id>.<check>.<nonce>.<ciphertext>`. The id names the master key, the check is a
MAC of the nonce: together they tell a wrong master key from a damaged text. The associated data, which is not
stored, names the row that the text belongs to, so that no text opens as another row's (K13).
"""

import hmac
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from safeconduct.base64url import decode, encode

from keys.errors import MasterKeyMalformed, MasterKeyMismatch, SealBroken

Randomness = Callable[[int], bytes]
"""So many random octets."""

_VERSION = "sc1"
_KEY_BYTES = 32
_NONCE_BYTES = 12
_LABEL_BYTES = 8
_HEX = re.compile(r"[0-9a-fA-F]{64}")


class MasterKey:
    """What seals, opens, and derives further keys. Prints as its id alone."""

    __slots__ = ("_aead", "_check_key", "_octets", "master_id")

    def __init__(self, octets: bytes) -> None:
        if len(octets) != _KEY_BYTES:
            raise MasterKeyMalformed(f"a master key has {_KEY_BYTES} bytes, not {len(octets)}")
        self._octets = octets
        self.master_id = self._expand("id", _LABEL_BYTES).hex()
        self._check_key = self._expand("check", _KEY_BYTES)
        self._aead = AESGCM(self._expand("seal", _KEY_BYTES))

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read 64 hexadecimal digits or 43 of base64url; `=` and white space around are allowed.

        Raises:
            MasterKeyMalformed: without repeating the text.
        """
        bare = text.strip()
        try:
            octets = bytes.fromhex(bare) if _HEX.fullmatch(bare) else decode(bare.rstrip("="))
        except ValueError:
            raise MasterKeyMalformed("a master key is 32 bytes in base64url or hexadecimal") from None
        return cls(octets)

    def seal(
        self, plaintext: bytes, row: Sequence[str], *, randomness: Randomness = secrets.token_bytes
    ) -> str:
        """The text that opens as *plaintext* for this very *row*, whose parts hold no `|`."""
        nonce = randomness(_NONCE_BYTES)
        ciphertext = self._aead.encrypt(nonce, plaintext, self._associated(row))
        labels = (_VERSION, self.master_id, encode(self._check(nonce)))
        return ".".join((*labels, encode(nonce), encode(ciphertext)))

    def open(self, sealed: str, row: Sequence[str]) -> bytes:
        """The plaintext of a text that this master key sealed for *row*.

        Raises:
            MasterKeyMismatch: another master key sealed it.
            SealBroken: this one did, but the text was changed or belongs to another row.
        """
        text = _SealedText.parse(sealed)
        id_is_ours = text.master_id == self.master_id
        check_is_ours = hmac.compare_digest(text.check, self._check(text.nonce))
        if not id_is_ours and not check_is_ours:
            raise MasterKeyMismatch(f"sealed under master key {text.master_id}, not {self.master_id}")
        try:
            plaintext = self._aead.decrypt(text.nonce, text.ciphertext, self._associated(row))
        except InvalidTag as error:
            raise SealBroken("a sealed text was changed or belongs to another row") from error
        if not (id_is_ours and check_is_ours):
            raise SealBroken("the labels of a sealed text were changed")
        return plaintext

    def derive(self, label: str) -> bytes:
        """32 bytes for one use that *label* names (HKDF-SHA-256, RFC 5869); the same at every replica."""
        return self._expand(f"derived/{label}", _KEY_BYTES)

    def _expand(self, label: str, length: int) -> bytes:
        info = f"safeconduct/1/{label}".encode()
        return HKDF(hashes.SHA256(), length=length, salt=None, info=info).derive(self._octets)

    def _check(self, nonce: bytes) -> bytes:
        return hmac.digest(self._check_key, nonce, "sha256")[:_LABEL_BYTES]

    def _associated(self, row: Sequence[str]) -> bytes:
        parts = (*row, self.master_id)
        if any("|" in part for part in parts):
            raise ValueError("'|' separates the parts of a row's name")
        return "|".join(parts).encode()

    def __repr__(self) -> str:
        return f"MasterKey({self.master_id})"


def new_master_key_text(randomness: Randomness = secrets.token_bytes) -> str:
    """A fresh master key as text: 43 characters of base64url."""
    return encode(randomness(_KEY_BYTES))


@dataclass(frozen=True, slots=True)
class _SealedText:
    master_id: str
    check: bytes
    nonce: bytes
    ciphertext: bytes

    @classmethod
    def parse(cls, sealed: str) -> Self:
        try:
            version, master_id, *rest = sealed.split(".")
            check, nonce, ciphertext = map(decode, rest)
        except ValueError as error:
            raise SealBroken("not a sealed text") from error
        if version != _VERSION or len(nonce) != _NONCE_BYTES:
            raise SealBroken("not a sealed text")
        return cls(master_id, check, nonce, ciphertext)
