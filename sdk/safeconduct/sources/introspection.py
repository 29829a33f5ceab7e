"""Asking the issuer about each token (RFC 7662): the quickest answer there is, for a round trip per request."""

import hashlib
from collections import OrderedDict
from collections.abc import Iterator
from typing import Final, NamedTuple
from urllib.parse import urlencode

from safeconduct.claims import Claims
from safeconduct.effective_time import Moment
from safeconduct.errors import InvalidPolicy, TokenInactive, Unavailable
from safeconduct.issuer import Issuer
from safeconduct.profiles import in_words
from safeconduct.source import Question
from safeconduct.sources.held_list import HeldList
from safeconduct.status_list import VALID
from safeconduct.strict_json import read_object
from safeconduct.transport import Request, Response, basic
from safeconduct.want import Needed, Want

LONGEST_MEMORY: Final = 10
"""Seconds for which an answer "active" may be used again, at most (R22)."""

_NEGATIVE = 10.0  # seconds for which "inactive" is: a paused token that is resumed is refused so much longer
_ANSWERS = 10_000
_LIMIT = 64 * 1024
_JSON = frozenset({"application/json"})
_FORM = "application/x-www-form-urlencoded"
_PAUSE = 1.0  # seconds after a failure


class _Answer(NamedTuple):
    asked_at: float
    active: bool


class Introspection:
    """`remember` is the seconds for which an answer "active" serves again; 0 asks for every request.

    Raises:
        InvalidPolicy: `remember` is not from 0 to 10.
    """

    def __init__(self, client_id: str, client_secret: str, *, remember: int = 0) -> None:
        if not 0 <= remember <= LONGEST_MEMORY:
            raise InvalidPolicy(f"an answer may be remembered for {LONGEST_MEMORY} seconds at most")
        self._authorization = basic(client_id, client_secret)
        self._remember = remember
        self._answers: OrderedDict[str, _Answer] = OrderedDict()
        self._asked: dict[str, float] = {}
        self._pause_until = float("-inf")

    def attach(self, issuer: Issuer) -> None:
        """Ask `issuer`, at the endpoint that its metadata names."""
        self._issuer = issuer

    def status(self, question: Question, moment: Moment) -> int:
        """Raises Needed, Unavailable, TokenInactive."""
        key = _key(question)
        answer = self._answers.get(key)
        if answer is not None and self._serves(answer, question):
            if answer.active:
                return VALID
            raise TokenInactive("its issuer does not honour it any more")
        if moment.monotonic < self._pause_until:
            raise Unavailable("introspection does not answer")
        self._asked.setdefault(key, moment.monotonic)
        raise Needed(self._want(key, question, moment))

    def deciding(self, claims: Claims) -> HeldList | None:  # noqa: ARG002 - the port's
        return None

    def due(self, moment: Moment) -> Iterator[Want]:  # noqa: ARG002 - the port's
        """Nothing: every answer is to a question."""
        yield from ()

    def take(self, want: Want, response: Response, moment: Moment) -> bool:  # noqa: ARG002 - the port's
        """Raises ValueError."""
        asked_at = self._asked.get(want.key)
        if asked_at is None:
            return False
        active = read_object(response.body).get("active")
        if type(active) is not bool:
            raise ValueError("active is missing")
        del self._asked[want.key]
        self._answers[want.key] = _Answer(asked_at, active)
        while len(self._answers) > _ANSWERS:
            self._answers.popitem(last=False)
        return True

    def failed(self, want: Want, moment: Moment) -> None:
        """Nobody asks for the next second: a server that is away is not helped by questions."""
        if self._asked.pop(want.key, None) is not None:
            self._pause_until = moment.monotonic + _PAUSE

    def signed(self) -> dict[str, bytes]:
        return {}

    def restore(self, uri: str, token: bytes) -> None:
        """Nothing is kept."""

    def close(self) -> None:
        """Nothing runs beside the calls."""

    def bound(self) -> str:
        return f"introspection: {'at once' if not self._remember else f'within {in_words(self._remember)}'}"

    def _serves(self, answer: _Answer, question: Question) -> bool:
        """An answer serves requests that came before it was asked for, and a little longer where allowed."""
        memory = min(self._remember, question.max_staleness) if answer.active else _NEGATIVE
        return answer.asked_at >= question.since - memory

    def _want(self, key: str, question: Question, moment: Moment) -> Want:
        endpoint = self._issuer.metadata(moment).introspection
        if endpoint is None:
            raise Unavailable("the issuer's metadata names no introspection endpoint")
        form = {"token": question.token, "token_type_hint": "access_token"}
        if question.client_address is not None:
            form["client_ip"] = question.client_address
        body = urlencode(form).encode()
        return Want(
            key,
            Request(endpoint, _JSON, _LIMIT, None, body, _FORM, self._authorization),
        )


def _key(question: Question) -> str:
    asked = f"{question.client_address or ''} {question.token}"
    return f"introspection {hashlib.sha256(asked.encode()).hexdigest()}"
