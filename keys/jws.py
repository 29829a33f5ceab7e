import json
from collections.abc import Mapping

from keys.algorithms import algorithm
from keys.base64url import decode, encode
from keys.errors import CannotSign, SelfCheckFailed
from keys.signer import Signer
from keys.signing_key import SigningKey

_dump = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode


class JwsSigner:
    """Claims to compact JWS, each verified under the key's published public part before it leaves (R73).

    The header is exactly `alg`, `typ` and `kid`. `typ` follows from the key's purpose, so that no key can
    sign what belongs to another purpose (K18).
    """

    def __init__(self, key: SigningKey, signer: Signer) -> None:
        if (signer.kid, signer.algorithm) != (key.kid, key.algorithm):
            raise CannotSign(f"{signer.kid} does not sign for {key.kid}")
        self.kid = key.kid
        self._signer = signer
        self._jws = algorithm(key.algorithm).jws
        self._public_key = algorithm(key.algorithm).public_key(key.public_jwk)
        header = {"alg": key.algorithm, "typ": key.purpose.typ, "kid": key.kid}
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
        if not self._jws.verify(signing_input.encode(), self._public_key, decode(signature)):
            raise SelfCheckFailed(f"a signature by {self.kid} does not verify under its published key")
