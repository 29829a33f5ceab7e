"""The short way to a verdict: a token seen before, when all there is to check is at hand and nothing is due.

It checks what the long way does, on every call: times, the key in the present set with its purpose, the age
of keys and list, and the token's two bits in the list. Where anything is not plainly in order it answers
nothing, and the long way finds the words.
"""

from safeconduct.claims import Claims
from safeconduct.effective_time import EffectiveTime
from safeconduct.key_cache import KeyCache
from safeconduct.token_cache import TOUCH_EVERY, TokenCache


class Recall:
    """Answers claims, or None for "take the long way"."""

    __slots__ = ("_key_cache", "_monotonic", "_peek", "_time", "_touch", "_wall", "look_ahead_at")

    def __init__(self, tokens: TokenCache, key_cache: KeyCache, time: EffectiveTime) -> None:
        self._peek, self._touch = tokens.peek, tokens.touch
        self._key_cache = key_cache
        self._time = time
        self._wall, self._monotonic = time.clock
        self.look_ahead_at = float("-inf")

    def __call__(self, token: str, scope: object) -> Claims | None:
        """One expression a condition: this is the path of nearly every request."""
        try:
            remembered = self._peek(token)
            if remembered is None or (held := remembered.held) is None:
                return None
            now, monotonic = self._wall(), self._monotonic()
            least = self._time.floor + monotonic
            if least > now:  # noqa: PLR1730 - max() costs as much as half of all this
                now = least
            keys, claims = self._key_cache, remembered.claims
            if (
                remembered.begins <= now < remembered.ends
                and monotonic < keys.fresh_until
                and keys.by_kid.get(remembered.kid) is remembered.key
                and monotonic < held.deadline_at
                and now < held.usable_until
                and not held.packed[remembered.byte] >> remembered.shift & 3
                and monotonic < self.look_ahead_at
                and (scope is None or scope in claims.scope)
            ):
                if monotonic - remembered.seen_at > TOUCH_EVERY:
                    self._touch(token, remembered, monotonic)
                return claims
        except (IndexError, TypeError):  # another kind of list, no string at all
            pass
        return None
