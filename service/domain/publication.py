"""What the pushed forms of the status lists say: the event stream and Redis."""

from enum import StrEnum
from typing import NamedTuple


class Form(StrEnum):
    """A form of the status lists that is pushed."""

    REDIS = "redis"
    STREAM = "stream"


class Publication(NamedTuple):
    """A form had a revision, and all below it, at `at_ms`: POSIX milliseconds."""

    form: Form
    revision: int
    at_ms: int
