"""What a check found, and what to do about it."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class State(StrEnum):
    """`fail`: something does not work, or not safely; `warn`: it works, and should be looked at."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """`advice` says what to do; empty where all is well."""

    about: str
    state: State
    said: str
    advice: str = ""

    def to_json(self) -> dict[str, Any]:
        """The members are API."""
        return asdict(self)


def ok(about: str, said: str) -> Finding:
    return Finding(about, State.OK, said)


def warn(about: str, said: str, advice: str) -> Finding:
    return Finding(about, State.WARN, said, advice)


def fail(about: str, said: str, advice: str) -> Finding:
    return Finding(about, State.FAIL, said, advice)
