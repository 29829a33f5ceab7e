import pytest

from keys import MasterKey, MasterKeyMismatch, MasterKeys, SealBroken

ROW = ("status list permutation",)
OLD, NEW, FOREIGN = MasterKey(b"o" * 32), MasterKey(b"n" * 32), MasterKey(b"f" * 32)
CHANGING = MasterKeys(NEW, previous=(OLD,))


def test_while_master_keys_change_texts_of_either_open():
    """A crash between two rows leaves each of them readable (R32)."""
    assert CHANGING.open(OLD.seal(b"secret", ROW), ROW) == b"secret"
    assert CHANGING.open(NEW.seal(b"secret", ROW), ROW) == b"secret"


def test_sealing_uses_the_current_master_key():
    """The number of texts under the old one only falls."""
    assert NEW.open(CHANGING.seal(b"secret", ROW), ROW) == b"secret"


def test_a_resealed_text_opens_under_the_new_master_key_alone():
    """Afterwards the old one can be forgotten (K14)."""
    resealed = CHANGING.reseal(OLD.seal(b"secret", ROW), ROW)

    assert NEW.open(resealed, ROW) == b"secret"
    with pytest.raises(MasterKeyMismatch):
        OLD.open(resealed, ROW)


def test_resealing_keeps_to_the_row():
    """A text that was moved is not made valid by resealing it."""
    with pytest.raises(SealBroken):
        CHANGING.reseal(OLD.seal(b"secret", ROW), ("another row",))


def test_a_third_master_key_opens_nothing():
    """Not given, not guessed."""
    with pytest.raises(MasterKeyMismatch):
        CHANGING.open(FOREIGN.seal(b"secret", ROW), ROW)


def test_damage_is_not_taken_for_a_wrong_master_key():
    """Trying the next key would hide what happened."""
    with pytest.raises(SealBroken):
        CHANGING.open(NEW.seal(b"secret", ROW)[:-1] + "!", ROW)


def test_master_keys_print_as_their_ids():
    """R15."""
    assert "ooo" not in repr(CHANGING)
    assert OLD.master_id in repr(CHANGING)
