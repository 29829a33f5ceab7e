import json
import warnings

import joserfc.jwk
import joserfc.jws
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from safeconduct.base64url import decode, encode

from keys import (
    ALGORITHMS,
    CannotSign,
    JwsSigner,
    KeyRing,
    LocalSigner,
    MasterKeyMismatch,
    MasterKeyMissing,
    SelfCheckFailed,
    SigningKey,
    jwks,
    open_signer,
)
from tests.unit.keys.rings import ACCESS, MASTERS, NOW, OTHERS, STATUS, a_key

CLAIMS = {"iss": "https://tokens.example", "sub": "Zoë", "exp": NOW, "status": {"status_list": {"idx": 7}}}


def active(purpose=ACCESS, algorithm="ES256") -> SigningKey:
    return a_key(purpose, algorithm).activated(NOW, bootstrap=True)


@pytest.fixture(scope="module", params=ALGORITHMS)
def key(request) -> SigningKey:
    """One active key per algorithm; RSA keys take their time."""
    return active(algorithm=request.param)


@pytest.fixture(scope="module")
def token(key) -> str:
    return JwsSigner(key, open_signer(key, MASTERS)).sign(CLAIMS)


def segment(token: str, index: int) -> bytes:
    return decode(token.split(".")[index])


class Crooked:
    """A signer whose memory or hardware went wrong: it spoils what an honest one answers."""

    def __init__(self, honest: LocalSigner, spoil) -> None:
        self.kid, self.algorithm = honest.kid, honest.algorithm
        self._honest, self._spoil = honest, spoil

    def sign(self, signing_input: bytes) -> bytes:
        return self._spoil(self._honest.sign(signing_input))


def test_pyjwt_verifies_what_we_sign_with_our_published_keys(key, token):
    """The most common Python library, given our JWKS alone."""
    [published] = jwt.PyJWKSet.from_json(jwks(KeyRing(1, [key])).body.decode()).keys

    assert jwt.decode(token, published, [key.algorithm], options={"verify_exp": False}) == CLAIMS


def test_joserfc_verifies_what_we_sign_with_our_published_keys(key, token):
    """A second library, of another author."""
    published = joserfc.jwk.KeySet.import_key_set(json.loads(jwks(KeyRing(1, [key])).body))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # joserfc calls EdDSA deprecated (RFC 9864)
        verified = joserfc.jws.deserialize_compact(token, published, algorithms=[key.algorithm])

    assert json.loads(verified.payload) == CLAIMS


def test_the_header_is_exactly_alg_typ_kid(key, token):
    """Real clients demand each of them, and nothing else is believed (design section 2)."""
    expected = f'{{"alg":"{key.algorithm}","typ":"at+jwt","kid":"{key.kid}"}}'

    assert segment(token, 0).decode() == expected


def test_claims_are_written_compactly_in_their_order(token):
    """No white space, no escapes that UTF-8 does not need: a token is read by people and paid by the byte."""
    expected = (
        f'{{"iss":"https://tokens.example","sub":"Zoë","exp":{NOW},"status":{{"status_list":{{"idx":7}}}}}}'
    )

    assert segment(token, 1).decode() == expected


def test_an_ecdsa_signature_is_the_64_bytes_of_r_and_s():
    """RFC 7518 section 3.4, not DER (standards attack 32)."""
    es256 = active()

    assert len(segment(JwsSigner(es256, open_signer(es256, MASTERS)).sign(CLAIMS), 2)) == 64


def test_a_status_key_signs_status_lists_and_nothing_else():
    """The typ follows from the purpose: no caller can ask for another (K18)."""
    status = active(STATUS)

    header = json.loads(segment(JwsSigner(status, open_signer(status, MASTERS)).sign({}), 0))

    assert header["typ"] == "statuslist+jwt"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda signature: signature[:-1] + bytes([signature[-1] ^ 1]),
        lambda signature: bytes(len(signature)),
        lambda signature: signature[:-1],
        lambda signature: signature + b"\0",
        lambda _: b"",
    ],
    ids=["one bit", "zero", "short", "long", "none"],
)
def test_a_spoilt_signature_never_leaves(key, spoil):
    """A flipped bit in a CRT exponent would publish an RSA key; any other would strand a user (R73)."""
    signer = JwsSigner(key, Crooked(open_signer(key, MASTERS), spoil))

    with pytest.raises(SelfCheckFailed):
        signer.sign(CLAIMS)


def test_a_signature_by_another_key_never_leaves():
    """A cached private key that is not the published one (R73)."""
    key = active()
    signer = JwsSigner(key, LocalSigner(key.kid, "ES256", ec.generate_private_key(ec.SECP256R1())))

    with pytest.raises(SelfCheckFailed):
        signer.sign(CLAIMS)


def test_a_signer_cannot_be_given_to_another_key():
    """Kid and algorithm must be the key's."""
    one, other = active(), active()

    with pytest.raises(CannotSign):
        JwsSigner(one, open_signer(other, MASTERS))


@pytest.mark.parametrize(
    "make",
    [
        a_key,
        lambda: active().retired(NOW),
        lambda: active().retired(NOW).without_private(NOW).removed(NOW),
        lambda: active().compromised(NOW),
    ],
    ids=["next", "retired", "removed", "compromised"],
)
def test_only_an_active_key_signs(make):
    """K4."""
    with pytest.raises(CannotSign):
        open_signer(make(), MASTERS)


def test_without_the_right_master_key_nothing_is_signed():
    """Verify-only, told apart by name (R31)."""
    with pytest.raises(MasterKeyMissing):
        open_signer(active(), None)
    with pytest.raises(MasterKeyMismatch):
        open_signer(active(), OTHERS)


@pytest.mark.parametrize("claims", [{"exp": float("nan")}, {"sub": "\ud800"}, {"iat": object()}])
def test_claims_that_verifiers_could_not_read_are_not_signed(claims):
    """NaN, lone surrogates and foreign objects have no place in JSON (standards attacks 39 and 59)."""
    key = active()

    with pytest.raises((ValueError, TypeError)):
        JwsSigner(key, open_signer(key, MASTERS)).sign(claims)


def test_a_signer_prints_its_kid_and_no_secret():
    """R15."""
    key = active()

    assert repr(open_signer(key, MASTERS)) == f"LocalSigner({key.kid})"


def test_the_signed_text_is_what_encode_writes():
    """The three segments are canonical base64url, as strict readers demand (standards attack 29)."""
    key = active()
    token = JwsSigner(key, open_signer(key, MASTERS)).sign(CLAIMS)

    assert token == ".".join(encode(segment(token, index)) for index in range(3))
