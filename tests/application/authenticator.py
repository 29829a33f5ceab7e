"""An authenticator of our own (WebAuthn level 3, sections 6 and 7) that does as it is told, also what it should not."""

import hashlib
import json
from dataclasses import dataclass, field

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from safeconduct.base64url import encode

from service.domain.secret import Secret

PRESENT, VERIFIED, ATTESTED = 1, 4, 64


@dataclass
class Authenticator:
    """One passkey. Its public members may be changed between two answers."""

    origin: str = "https://tokens.example"
    rp_id: str = "tokens.example"
    count: int = 0
    verified: bool = True
    credential_id: bytes = b"credential of a test"
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def create(self, options: str) -> Secret:
        """What `navigator.credentials.create` would answer."""
        client = self._client("webauthn.create", options)
        numbers = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        named = len(self.credential_id).to_bytes(2, "big") + self.credential_id
        attested = self._authenticator(ATTESTED) + bytes(16) + named + cbor2.dumps(cose)
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": attested})
        return self._answer(clientDataJSON=client, attestationObject=attestation)

    def get(self, options: str) -> Secret:
        """What `navigator.credentials.get` would answer."""
        self.count += 1
        client, said = self._client("webauthn.get", options), self._authenticator()
        signed = said + hashlib.sha256(client).digest()
        signature = self.key.sign(signed, ec.ECDSA(hashes.SHA256()))
        return self._answer(clientDataJSON=client, authenticatorData=said, signature=signature)

    def _client(self, kind: str, options: str) -> bytes:
        challenge = json.loads(options)["challenge"]
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()

    def _authenticator(self, flags: int = 0) -> bytes:
        flags |= PRESENT | (VERIFIED if self.verified else 0)
        return hashlib.sha256(self.rp_id.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def _answer(self, **response: bytes) -> Secret:
        named = encode(self.credential_id)
        parts = {name: encode(value) for name, value in response.items()}
        return Secret(json.dumps({"id": named, "rawId": named, "type": "public-key", "response": parts}))
