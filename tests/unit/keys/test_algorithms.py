import random

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa

from keys import ALGORITHMS, UnknownAlgorithm, UnsuitableKey, algorithm
from keys.roca import has_roca_fingerprint

SHORT = 1_024  # bits


def _prime_with_fingerprint(bits: int, rng: random.Random) -> int:
    """A prime k·M + (65537^a mod M), M the product of the primes up to 167: the weak generator's choice."""
    product = 1
    for candidate in range(2, 168):
        product *= candidate if all(candidate % d for d in range(2, candidate)) else 1
    lowest = (3 << bits - 2) // product  # two such primes make a modulus of full length
    while True:
        prime = rng.randrange(lowest, (1 << bits) // product) * product
        prime += pow(65537, rng.getrandbits(128), product)
        if pow(2, prime - 1, prime) == 1:
            return prime


def _weakly_generated() -> rsa.RSAPrivateKey:
    rng = random.Random(0)
    p, q = _prime_with_fingerprint(1024, rng), _prime_with_fingerprint(1024, rng)
    d = pow(65537, -1, (p - 1) * (q - 1))
    public = rsa.RSAPublicNumbers(65537, p * q)
    crt = rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q)
    return rsa.RSAPrivateNumbers(p, q, d, *crt, public).private_key()


@pytest.mark.parametrize(
    ("name", "kty", "members"),
    [
        ("ES256", "EC", {"kty", "crv", "x", "y"}),
        ("RS256", "RSA", {"kty", "n", "e"}),
        ("PS256", "RSA", {"kty", "n", "e"}),
        ("EdDSA", "OKP", {"kty", "crv", "x"}),
    ],
)
def test_a_public_jwk_has_the_members_that_name_the_key_and_no_others(name, kty, members):
    """No private member and no key_ops can slip into the JWKS (K11)."""
    row = algorithm(name)
    jwk = row.public_jwk(row.generate())

    assert jwk["kty"] == kty
    assert jwk.keys() == members == row.members


def test_our_rsa_keys_have_3072_bits():
    """128 bits of strength, as P-256 and Ed25519 have (S14)."""
    public = ALGORITHMS["RS256"].generate().public_key()

    assert (public.key_size, public.public_numbers().e) == (3072, 65537)


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("RS256", lambda: rsa.generate_private_key(65537, SHORT)),
        ("PS256", lambda: rsa.generate_private_key(65537, SHORT)),
        ("RS256", lambda: rsa.generate_private_key(3, 2048)),
        ("RS256", lambda: ec.generate_private_key(ec.SECP256R1())),
        ("ES256", lambda: rsa.generate_private_key(65537, 2048)),
        ("ES256", lambda: ec.generate_private_key(ec.SECP384R1())),
        ("ES256", lambda: ec.generate_private_key(ec.SECP256K1())),
        ("ES256", lambda: ec.generate_private_key(ec.BrainpoolP256R1())),
        ("EdDSA", ed448.Ed448PrivateKey.generate),
        ("EdDSA", lambda: ec.generate_private_key(ec.SECP256R1())),
    ],
    ids=[
        "1,024 bits",
        "1,024 bits, PSS",
        "exponent 3",
        "EC for RSA",
        "RSA for EC",
        "P-384",
        "secp256k1",
        "brainpool",
        "Ed448",
        "EC for Ed25519",
    ],
)
def test_a_key_that_we_do_not_sign_with_is_refused(name, make):
    """The libraries below take each of these; we do not (standards attacks 6 and 34)."""
    private_key = make()

    with pytest.raises(UnsuitableKey):
        algorithm(name).accept(private_key)


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("RS256", lambda: rsa.generate_private_key(65537, 2048)),
        ("ES256", lambda: ec.generate_private_key(ec.SECP256R1())),
        ("EdDSA", ed25519.Ed25519PrivateKey.generate),
    ],
)
def test_a_sound_key_from_elsewhere_is_taken(name, make):
    """2,048 bits are enough for a key that its owner brings along."""
    private_key = make()

    assert algorithm(name).accept(private_key) is private_key


def test_a_key_of_the_generator_whose_keys_can_be_computed_is_refused():
    """CVE-2017-15361: 2,048 bits and the right exponent, and no secret to anyone (standards attack 34)."""
    private_key = _weakly_generated()

    with pytest.raises(UnsuitableKey, match="CVE-2017-15361"):
        algorithm("RS256").accept(private_key)


def test_sound_moduli_do_not_have_the_fingerprint_of_weak_ones():
    """The ROCA check must not refuse what everybody else generates."""
    moduli = [rsa.generate_private_key(65537, SHORT).public_key().public_numbers().n for _ in range(20)]

    assert not any(map(has_roca_fingerprint, moduli))


@pytest.mark.parametrize("name", ["none", "HS256", "es256", "ES384", "Ed25519", ""])
def test_an_algorithm_without_a_row_does_not_exist(name):
    """No symmetric algorithm, none at all, and no other spelling (RFC 8725 section 3.1)."""
    with pytest.raises(UnknownAlgorithm):
        algorithm(name)
