"""Why somebody who comes from elsewhere is not let in.

SignInElsewhereFailed       `reason` is one word, which pages have a sentence for
└── ProviderUnavailable     the provider cannot be asked now
"""

from enum import StrEnum
from typing import ClassVar

from service.domain.errors import Refused


class Why(StrEnum):
    """`ANSWER` is an answer that proves nothing: forged, stale, or meant for somebody else."""

    NOT_BEGUN_HERE = "not_begun_here"
    DENIED = "denied"
    ANSWER = "answer"
    UNAVAILABLE = "unavailable"
    UNKNOWN = "unknown"
    DISABLED = "disabled"
    SOMEBODY_ELSE = "somebody_else"
    TOO_OLD = "too_old"


class SignInElsewhereFailed(Refused):
    """A sign-in through a provider came to nothing. The message is for the log, `reason` for people."""

    code: ClassVar[str] = "provider_sign_in_failed"

    def __init__(self, reason: Why, message: str = "") -> None:
        super().__init__(message or str(reason))
        self.reason = reason
