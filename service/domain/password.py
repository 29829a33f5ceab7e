"""What a password must be (NIST SP 800-63B-4): long, whole, not guessable; no composition rules."""

import unicodedata
from collections.abc import Sequence

from service.domain.errors import Fault

MINIMUM = 15
MAXIMUM = 256
_GUESSABLE_BELOW = 3  # zxcvbn's scale 0 to 4: 3 is "safely unguessable"
_WORD = 4  # shorter words of the context stand in other words by chance
_OF_ITS_OWN = 8  # characters that remain without the context's words: twice one's name is no secret
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
    if any(unicodedata.category(character) == "Cs" for character in password):
        return [Fault("password", "invalid_characters", "half characters cannot be typed again")]
    if _is_guessable(password, [*context, "safeconduct"]):
        return [Fault("password", "guessable", "too easy to guess: it is common, or close to it")]
    return []


def _is_guessable(password: str, context: Sequence[str]) -> bool:
    words = [word for text in context for word in text.casefold().split() if len(word) >= _WORD]
    rest = password.casefold()
    for word in words:
        rest = rest.replace(word, "")
    if len("".join(rest.split())) < _OF_ITS_OWN:
        return True
    from zxcvbn import zxcvbn  # noqa: PLC0415 - its word lists are for processes in which somebody sets a password

    try:
        estimate = zxcvbn(password[:_ESTIMATED], user_inputs=[*words, *context])
    except (ValueError, OverflowError):
        return False  # outside the estimate's alphabet: in no list of common passwords
    return bool(estimate["score"] < _GUESSABLE_BELOW)
