"""Owners who were not here for long: their tokens pause until they are (policy `owner_seen_within`)."""

from typing import Final

ABSENCE: Final = "policy.owner_seen_within"
"""Who paused such a token, in its record."""
