from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from keys import (
    KeyRing,
    KeyState,
    MasterKey,
    MasterKeyMismatch,
    MasterKeyMissing,
    MasterKeys,
    SealBroken,
    SelfCheckFailed,
    UnsuitableKey,
    create_key,
    import_key,
    open_private,
    require_open,
)
from keys.private_part import _next_key, rewrapped
from tests.unit.keys.rings import ACCESS, MASTERS, NOW, OTHERS, STATUS, a_key, bootstrapped


def pem(private_key, encryption=None, form=PrivateFormat.PKCS8) -> bytes:
    return private_key.private_bytes(Encoding.PEM, form, encryption or NoEncryption())


def test_a_created_key_is_next_and_published_from_now_on():
    """Verifiers can learn a key from the moment it exists (R25)."""
    key = create_key(STATUS, "EdDSA", NOW, MASTERS)

    assert (key.state, key.purpose, key.algorithm) == (KeyState.NEXT, STATUS, "EdDSA")
    assert (key.created_at, key.published_at, key.activated_at) == (NOW, NOW, None)
    assert key.master_id == MASTERS.current.master_id


def test_no_two_keys_are_the_same():
    """A kid is unique for ever (K9)."""
    assert len({a_key().kid for _ in range(50)}) == 50


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("ES256", lambda: ec.generate_private_key(ec.SECP256R1())),
        ("EdDSA", ed25519.Ed25519PrivateKey.generate),
        ("RS256", lambda: rsa.generate_private_key(65537, 2048)),
    ],
)
def test_an_imported_key_opens_as_itself(name, make):
    """Whoever brings a key along goes on with that very key."""
    private_key = make()
    opened = open_private(import_key(pem(private_key), ACCESS, name, NOW, MASTERS), MASTERS)

    assert pem(opened) == pem(private_key)


def test_the_older_pem_forms_are_read():
    """`openssl ecparam -genkey` and `openssl genrsa -traditional` write these."""
    p256, rsa_2048 = ec.generate_private_key(ec.SECP256R1()), rsa.generate_private_key(65537, 2048)
    older = PrivateFormat.TraditionalOpenSSL

    assert import_key(pem(p256, form=older), ACCESS, "ES256", NOW, MASTERS)
    assert import_key(pem(rsa_2048, form=older), ACCESS, "PS256", NOW, MASTERS)


@pytest.mark.parametrize(
    "unreadable",
    [
        b"",
        b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        pem(ec.generate_private_key(ec.SECP256R1()), BestAvailableEncryption(b"password")),
        ec.generate_private_key(ec.SECP256R1())
        .public_key()
        .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        pem(ec.generate_private_key(ec.SECP384R1())),
    ],
    ids=["nothing", "no key", "encrypted", "public", "another curve"],
)
def test_what_is_no_private_key_for_the_algorithm_is_not_imported(unreadable):
    """One error for all of them, before anything is stored."""
    with pytest.raises(UnsuitableKey):
        import_key(unreadable, ACCESS, "ES256", NOW, MASTERS)


def test_a_key_that_does_not_verify_what_it_signs_is_never_published():
    """A private part that was damaged in the making (promises section 2, guard of publish)."""
    sound = rsa.generate_private_key(65537, 2048).private_numbers()
    damaged = rsa.RSAPrivateNumbers(
        sound.p, sound.q, sound.d + 2, sound.dmp1 + 2, sound.dmq1, sound.iqmp, sound.public_numbers
    )
    private_key = damaged.private_key(unsafe_skip_rsa_key_validation=True)

    with pytest.raises(SelfCheckFailed):
        _next_key(private_key, ACCESS, "RS256", NOW, MASTERS, randomness=bytes)


def test_the_row_of_a_private_part_is_its_kid_purpose_and_algorithm():
    """Any tool with the master key can open it, and knows what to name (K13)."""
    key = a_key()

    assert MASTERS.open(key.sealed_private, (key.kid, "access_token", "ES256"))


def test_a_private_part_opens_for_its_own_row_only():
    """Another row's sealed text, in a row that is sound otherwise, is refused (K13)."""
    one, other = a_key(), a_key()
    swapped = replace(one, sealed_private=other.sealed_private)

    with pytest.raises(SealBroken):
        open_private(swapped, MASTERS)


def test_a_key_moved_to_another_purpose_does_not_open():
    """A status key does not become a token key by an UPDATE (K13, K18)."""
    with pytest.raises(SealBroken):
        open_private(replace(a_key(STATUS), purpose=ACCESS), MASTERS)


def test_a_key_moved_to_another_algorithm_does_not_open():
    """One key, one algorithm: RS256 and PS256 share the very same public part."""
    key = import_key(pem(rsa.generate_private_key(65537, 2048)), ACCESS, "RS256", NOW, MASTERS)

    with pytest.raises(SealBroken):
        open_private(replace(key, algorithm="PS256"), MASTERS)


@pytest.mark.parametrize("octets", [b"no key", pem(ed25519.Ed25519PrivateKey.generate())])
def test_what_the_master_key_sealed_but_is_no_such_key_does_not_open(octets):
    """A seal vouches for who wrote the text, not for what it says."""
    key = a_key()
    sealed = MASTERS.seal(octets, (key.kid, key.purpose, key.algorithm))

    with pytest.raises(SealBroken):
        open_private(replace(key, sealed_private=sealed), MASTERS)


def test_a_sound_private_part_of_another_key_does_not_open():
    """What signs must be what the JWKS shows."""
    key, other = a_key(), open_private(a_key(), MASTERS)
    octets = other.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    sealed = MASTERS.seal(octets, (key.kid, key.purpose, key.algorithm))

    with pytest.raises(SealBroken):
        open_private(replace(key, sealed_private=sealed), MASTERS)


def test_a_destroyed_private_part_does_not_open():
    """Retired for real (K12)."""
    verify_only = a_key().activated(NOW, bootstrap=True).retired(NOW).without_private(NOW)

    with pytest.raises(SealBroken):
        open_private(verify_only, MASTERS)


def test_without_a_master_key_nothing_opens():
    """Verify-only, by name (R31)."""
    with pytest.raises(MasterKeyMissing):
        open_private(a_key(), None)
    with pytest.raises(MasterKeyMissing):
        require_open(KeyRing(0), None)


def test_one_key_that_stays_shut_holds_everything_back():
    """A ring that is partly under another master key is not this process's to change (K22)."""
    ring = KeyRing(1, [*bootstrapped().keys, a_key(masters=OTHERS)])

    with pytest.raises(MasterKeyMismatch):
        require_open(ring, MASTERS)


def test_a_rewrapped_key_is_the_same_key_under_the_new_master_key():
    """Nothing but the seal changes (R32)."""
    key = a_key()
    new = MasterKey(b"n" * 32)
    moved = rewrapped(key, MasterKeys(new, previous=(MASTERS.current,)))

    assert pem(open_private(moved, MasterKeys(new))) == pem(open_private(key, MASTERS))
    assert moved.master_id == new.master_id
    assert replace(moved, sealed_private=key.sealed_private, master_id=key.master_id) == key
