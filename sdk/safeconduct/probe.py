"""python -m safeconduct probe: does this API really refuse what it should, and how soon after a revocation?

By canary tokens against the live API. Refused is 401 or 403; 5xx is a fault of its own; all else is accepted.
"""

import time
from argparse import Namespace
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from safeconduct.canaries import Canaries, CannotProbe, with_changed_signature, without_algorithm
from safeconduct.clock import SYSTEM
from safeconduct.http_call import call
from safeconduct.tables import Row, plain

_BETWEEN = 0.5  # seconds between two questions after a revocation


@dataclass(frozen=True, slots=True)
class Trial:
    """`right` is None where it could not be tried; `seconds` tells of the revocation alone."""

    name: str
    right: bool | None
    words: str
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """`holds` unless something was wrong; what could not be tried is listed and wrong with nobody."""

    url: str
    trials: tuple[Trial, ...]

    @property
    def holds(self) -> bool:
        return all(trial.right is not False for trial in self.trials)

    def to_json(self) -> dict[str, Any]:
        """Plain dicts and lists; the members are API."""
        return {**asdict(self), "trials": [asdict(trial) for trial in self.trials], "holds": self.holds}

    def heading(self) -> str:
        return self.url

    def tables(self) -> tuple[tuple[Row, ...], ...]:
        """Each trial."""
        marks = {True: "right", False: "WRONG", None: "-"}
        return (tuple(Row(each.name, marks[each.right], each.words, each.right) for each in self.trials),)

    def closing(self) -> str:
        return "All as it should be." if self.holds else "This API can be misused."

    def __str__(self) -> str:
        return plain(self)


def run_probe(arguments: Namespace, credential: str) -> Report:
    """Raises CannotProbe."""
    canaries = Canaries(arguments.issuer, credential, arguments.audience)
    probe = _Probe(arguments, canaries)
    try:
        return Report(arguments.url, tuple(probe.trials()))
    finally:
        canaries.revoke_all()


class _Probe:
    def __init__(self, arguments: Namespace, canaries: Canaries) -> None:
        self._url: str = arguments.url
        self._scopes: list[str] = arguments.scope.split()
        self._other: str | None = arguments.other_scope
        self._audience: str | None = arguments.audience
        self._wait: int = arguments.wait
        self._canaries = canaries

    def trials(self) -> Iterator[Trial]:
        """Each in turn. Raises CannotProbe where there is not even a good token to begin with."""
        canaries = self._canaries
        good_id, good = canaries.make(self._scopes)
        ending, ends = canaries.ending(self._scopes)
        yield self._accepts("a good token", good)
        yield self._refuses("no token", lambda: None)
        yield self._refuses("changed signature", lambda: with_changed_signature(good))
        yield self._refuses("alg none", lambda: without_algorithm(good))
        yield self._refuses("status list as token", lambda: canaries.status_list(good))
        yield self._refuses("foreign audience", self._foreign)
        yield self._refuses("missing scope", self._lacking)
        time.sleep(max(0.0, ends.timestamp() - SYSTEM.wall()))
        yield self._refuses("expired", lambda: ending)
        yield self._revoked(good_id, good)

    def _status(self, token: str | None) -> int:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        answer = call("GET", self._url, headers=headers)
        if not answer.status:
            raise CannotProbe(f"the API does not answer: {answer.words()}")
        return answer.status

    def _accepts(self, name: str, token: str) -> Trial:
        status = self._status(token)
        return Trial(name, _verdict(status) is True, f"answered {status}")

    def _refuses(self, name: str, token: Callable[[], str | None]) -> Trial:
        try:
            shown = token()
        except CannotProbe as error:
            return Trial(name, None, str(error))
        status = self._status(shown)
        return Trial(name, _verdict(status) is False, f"answered {status}")

    def _foreign(self) -> str:
        known = [each["id"] for each in self._canaries.catalogue().get("audiences", ())]
        own = self._audience or next(
            (each["id"] for each in self._canaries.catalogue().get("audiences", ()) if each["default"]), None
        )
        foreign = next((each for each in known if each != own), None)
        if foreign is None:
            raise CannotProbe("the issuer knows no other audience")
        return self._canaries.make(self._scopes, audience=foreign)[1]

    def _lacking(self) -> str:
        if self._other is None:
            raise CannotProbe("name a scope that the API does not take by --other-scope")
        return self._canaries.make([self._other])[1]

    def _revoked(self, token_id: str, token: str) -> Trial:
        self._canaries.revoke(token_id)
        began = SYSTEM.monotonic()
        while (passed := SYSTEM.monotonic() - began) < self._wait:
            if _verdict(self._status(token)) is False:
                return Trial("revoked", True, f"refused after {passed:.1f} s", round(passed, 1))
            time.sleep(_BETWEEN)
        return Trial("revoked", False, f"still accepted after {self._wait} s")


def _verdict(status: int) -> bool | None:
    """Accepted, refused, or neither."""
    if status in {401, 403}:
        return False
    return None if status >= 500 or status == 429 else True
