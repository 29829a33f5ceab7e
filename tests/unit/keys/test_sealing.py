import base64
import hashlib
import hmac

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from keys import MasterKey, MasterKeyMalformed, MasterKeyMismatch, SealBroken, new_master_key_text

OURS, THEIRS = MasterKey(b"a" * 32), MasterKey(b"b" * 32)
ROW = ("kid", "access_token", "ES256")
BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."


@given(st.binary(max_size=300))
def test_what_is_sealed_opens_for_its_row(secret):
    """Private keys, the status list permutation key, the audit key: one way for all."""
    assert OURS.open(OURS.seal(secret, ROW), ROW) == secret


@pytest.mark.parametrize(
    "other",
    [
        ("dik", "access_token", "ES256"),
        ("kid", "status_list", "ES256"),
        ("kid", "access_token", "EdDSA"),
        ("kid", "access_token"),
        (),
    ],
)
def test_what_is_sealed_opens_for_no_other_row(other):
    """A database writer cannot move a private part to another key or purpose (K13)."""
    sealed = OURS.seal(b"secret", ROW)

    with pytest.raises(SealBroken):
        OURS.open(sealed, other)


@pytest.mark.parametrize("part", ["kid|access_token", "|"])
def test_the_parts_of_a_row_cannot_run_together(part):
    """('a|b', 'c') and ('a', 'b|c') would be one row."""
    with pytest.raises(ValueError, match="separates"):
        OURS.seal(b"secret", (part,))


def test_another_master_key_is_told_from_a_damaged_text():
    """The operator learns which master key is wanted, and that nothing is broken (R31)."""
    with pytest.raises(MasterKeyMismatch, match=OURS.master_id):
        THEIRS.open(OURS.seal(b"secret", ROW), ROW)


@given(st.integers(min_value=0), st.sampled_from(BASE64URL))
def test_a_changed_text_never_opens(position, character):
    """Version, id, check, nonce, ciphertext and tag are all held; and damage is not taken for a wrong key."""
    sealed = OURS.seal(b"secret", ROW)
    place = position % len(sealed)
    changed = f"{sealed[:place]}{character}{sealed[place + 1 :]}"
    assume(changed != sealed)

    with pytest.raises(SealBroken):
        OURS.open(changed, ROW)


@given(st.integers(min_value=0))
def test_a_cut_text_never_opens(length):
    """A half-written column is found out."""
    sealed = OURS.seal(b"secret", ROW)

    with pytest.raises(SealBroken):
        OURS.open(sealed[: length % len(sealed)], ROW)


@given(st.text())
def test_any_other_text_is_no_sealed_text(text):
    """Nothing but SealBroken comes out of a column that somebody else wrote."""
    with pytest.raises(SealBroken):
        OURS.open(text, ROW)


def test_one_secret_is_never_sealed_to_the_same_text_twice():
    """S16: A nonce is used once (K15)."""
    assert len({OURS.seal(b"secret", ROW) for _ in range(100)}) == 100


def test_the_nonce_comes_from_the_randomness_given():
    """96 bits, asked for once."""
    asked = []

    def randomness(count):
        asked.append(count)
        return bytes(count)

    sealed = OURS.seal(b"secret", ROW, randomness=randomness)

    assert asked == [12]
    assert sealed.split(".")[3] == "A" * 16


def test_the_master_key_is_read_from_base64url_and_from_hexadecimal():
    """Whatever tool made it: with padding, in capitals, with the newline of its file."""
    octets = bytes(range(200, 232))
    padded = base64.urlsafe_b64encode(octets).decode()
    texts = [padded, padded.rstrip("="), f" {padded}\n", octets.hex(), octets.hex().upper() + "\n"]

    assert {MasterKey.from_text(text).master_id for text in texts} == {MasterKey(octets).master_id}


@pytest.mark.parametrize(
    "text", ["", "short", "ab" * 31, "ab" * 33, "A" * 42, "A" * 44, "ä" * 43, "A" * 42 + "B", "+" * 43]
)
def test_any_other_text_is_no_master_key_and_is_not_repeated(text):
    """A misplaced secret must not reach a log through its error (R15)."""
    with pytest.raises(MasterKeyMalformed) as refusal:
        MasterKey.from_text(text)

    assert not text or text not in str(refusal.value)
    assert refusal.value.__cause__ is None


def test_a_new_master_key_is_a_text_that_reads_back():
    """What the first start writes into its file is what the second start reads."""
    assert MasterKey.from_text(new_master_key_text(lambda count: b"x" * count)).master_id == (
        MasterKey(b"x" * 32).master_id
    )
    assert new_master_key_text() != new_master_key_text()


def test_a_master_key_prints_as_its_id_alone():
    """Nothing that prints an object prints the key (R15)."""
    master = MasterKey(b"secret-secret-secret-secret-1234")

    assert repr(master) == str(master) == f"MasterKey({master.master_id})"


def test_a_derived_key_is_that_of_hkdf_and_its_label_alone():
    """RFC 5869 with SHA-256: the token-hash key is the same at every replica and in any other language."""
    prk = hmac.digest(bytes(32), b"a" * 32, hashlib.sha256)
    expected = hmac.digest(prk, b"safeconduct/1/derived/token-hash\x01", hashlib.sha256)

    assert OURS.derive("token-hash") == expected
    assert OURS.derive("other") != expected
    assert THEIRS.derive("token-hash") != expected
