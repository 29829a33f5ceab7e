import json
from collections.abc import Mapping
from types import MappingProxyType

from safeconduct.base64url import decode, encode
from safeconduct.jwks import KeySet

from keys.errors import CannotSign, SelfCheckFailed
from keys.jwks import published_jwk
from keys.signer import Signer
from keys.signing_key import Purpose, SigningKey

TYP: Mapping[Purpose, str] = MappingProxyType(
    {Purpose.ACCESS_TOKEN: "at+jwt", Purpose.STATUS_LIST: "statuslist+jwt"}
)
"""The `typ` of all that keys of a purpose sign (RFC 9068 section 2.1, Token Status List section 5.1)."""

_dump = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode


class JwsSigner:
    """Claims to compact JWS, each verified before it leaves as whoever reads our JWKS would (R73).

    The header is exactly `alg`, `typ` and `kid`. `typ` follows from the key's purpose, so that no key can
    sign what belongs to another purpose (K18).
    """

    def __init__(self, key: SigningKey, signer: Signer) -> None:
        if (signer.kid, signer.algorithm) != (key.kid, key.algorithm):
            raise CannotSign(f"{signer.kid} does not sign for {key.kid}")
        self.kid = key.kid
        self._signer = signer
        self._published = KeySet.from_document({"keys": [published_jwk(key)]}).find(key.kid, key.purpose)
        header = {"alg": key.algorithm, "typ": TYP[key.purpose], "kid": key.kid}
        self._header = encode(_dump(header).encode()) + "."

    def sign(self, claims: Mapping[str, object]) -> str:
        """The compact JWS over *claims*, its members in their order (RFC 7515 section 7.1).

        Raises:
            SelfCheckFailed: the signature does not verify; the token is not handed out.
            ValueError, TypeError: claims that JSON in UTF-8 cannot say (NaN, lone surrogates, other types).
        """
        token = self._compact(claims)
        self._check(token)
        return token

    def _compact(self, claims: Mapping[str, object]) -> str:
        signing_input = self._header + encode(_dump(claims).encode())
        return f"{signing_input}.{encode(self._signer.sign(signing_input.encode()))}"

    def _check(self, token: str) -> None:
        signing_input, _, signature = token.rpartition(".")
        if not self._published.verify(signing_input.encode(), decode(signature)):
            raise SelfCheckFailed(f"a signature by {self.kid} does not verify under its published key")
