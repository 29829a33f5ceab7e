"""What a password must be (NIST SP 800-63B-4): long, whole, not guessable; no composition rules."""

import unicodedata
from collections.abc import Sequence

from zxcvbn import zxcvbn

from service.domain.errors import Fault

MINIMUM = 15
MAXIMUM = 256
_GUESSABLE_BELOW = 3  # zxcvbn's scale 0 to 4: 3 is "safely unguessable"
_ESTIMATED = 72  # the estimate's time grows with the square of the length; what follows only adds strength


def normalised(password: str) -> str:
    """The one form in which a password is set and checked (NFKC), whatever the keyboard."""
    return unicodedata.normalize("NFKC", password)


def password_faults(password: str, context: Sequence[str] = ()) -> list[Fault]:
    """Why `password` may not be set; `context` are words like the user's name that make it guessable."""
    if len(password) < MINIMUM:
        return [Fault("password", "too_short", f"at least {MINIMUM} characters, a few words are fine")]
    if len(password) > MAXIMUM:
        return [Fault("password", "too_long", f"at most {MAXIMUM} characters")]
    try:
        estimate = zxcvbn(password[:_ESTIMATED], user_inputs=[*context, "safeconduct"])
    except (ValueError, OverflowError):
        return []  # outside the estimate's alphabet: in no list of common passwords
    if estimate["score"] < _GUESSABLE_BELOW:
        return [Fault("password", "guessable", "too easy to guess: it is common, or close to it")]
    return []
