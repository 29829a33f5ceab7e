"""Calls to the service as the person who signed in."""

import os
import secrets
import time
from argparse import Namespace
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlencode, urlsplit

from service.cli.failures import AnswerLost, Problem, SessionNeeded
from service.cli.http_client import Answer, Service, ask_with_factor
from service.cli.prompts import ask_second_factor, ask_secret
from service.cli.session_file import SavedSession, SessionFile
from service.domain.secret import Secret

DEFAULT_URL = "http://localhost:8080"
ENDED = {"not_signed_in", "invalid_token"}
UNDECIDED = {"outcome_unknown", "in_progress"}
PAUSES = (1, 2, 4)
"""Seconds between the attempts of a call whose answer was lost."""


def session_file() -> SessionFile:
    return SessionFile.from_env(os.environ)


def service_of(arguments: Namespace) -> Service:
    """The service that is meant: --url, SAFECONDUCT_URL, where one signed in last, or the one on this machine.

    Raises:
        Misuse: that is no URL.
    """
    if chosen := explicit_url(arguments):
        return Service(chosen)
    saved = session_file().load()
    return Service(saved.url if saved else DEFAULT_URL)


def explicit_url(arguments: Namespace) -> str | None:
    """What --url or, without it, SAFECONDUCT_URL says."""
    return arguments.url or os.environ.get("SAFECONDUCT_URL") or None


@dataclass(frozen=True, slots=True)
class Listing:
    """`more`: the service has further items than these."""

    items: list[Any]
    more: bool


class SignedIn:
    """The service, called with the saved session.

    Raises:
        SessionNeeded: there is none for this service.
    """

    def __init__(self, arguments: Namespace) -> None:
        self.service = service_of(arguments)
        self._file = session_file()
        saved = self._file.load()
        if saved is None:
            raise SessionNeeded("you are not signed in")
        if saved.url != self.service.url:
            raise SessionNeeded(f"you are signed in at {saved.url}, not at {self.service.url}")
        self.session = saved

    def ask(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, *, key: str | None = None
    ) -> Answer:
        """The answer. Where the service wants the password again (RFC 9470) it is asked for, and the call repeated.

        Raises:
            SessionNeeded: the session has ended.
            Problem, Unreachable: as for any call.
        """
        try:
            return self._ask(method, path, body, key)
        except Problem as problem:
            if problem.code != "insufficient_user_authentication":
                raise
        self._confirm()
        return self._ask(method, path, body, key)

    def once(self, method: str, path: str, body: Mapping[str, Any]) -> Answer:
        """The same under a key of its own: where the answer is lost the call is repeated, and done once all the same.

        Raises:
            SessionNeeded, Problem, Unreachable: as for any call; also after the last attempt.
        """
        key = secrets.token_urlsafe(24)
        for pause in PAUSES:
            try:
                return self.ask(method, path, body, key=key)
            except AnswerLost:
                pass
            except Problem as problem:
                if problem.code not in UNDECIDED:
                    raise
            time.sleep(pause)
        return self.ask(method, path, body, key=key)

    def listing(self, path: str, query: Mapping[str, Any], *, whole: bool) -> Listing:
        """The first page of a list, or, following `Link: rel="next"`, the `whole` of it."""
        items: list[Any] = []
        wanted: str | None = urlencode(query, doseq=True)
        while wanted is not None:
            answer = self.ask("GET", f"{path}?{wanted}")
            items += answer.body
            wanted = _next_query(answer)
            if not whole:
                break
        return Listing(items, more=wanted is not None)

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None, key: str | None = None) -> Answer:
        try:
            return self.service.ask(method, path, body, bearer=self.session.bearer, key=key)
        except Problem as problem:
            if problem.status == 401 and problem.code in ENDED:
                raise SessionNeeded("your session has ended") from None
            raise

    def _confirm(self) -> None:
        password = ask_secret(f"Password of {self.session.user}")
        confirm = partial(self._ask, "POST", "/v1/session/confirm", key=None)
        answer = ask_with_factor(confirm, {"password": password.reveal()}, ask_second_factor)
        self.session = save_session(self.service, answer.body)


def save_session(service: Service, opened: Mapping[str, Any]) -> SavedSession:
    """Keep the session that an answer of the service's opened."""
    session = SavedSession(
        url=service.url,
        user=str(opened["user"]["name"]),
        bearer=Secret(str(opened["token"])),
        expires_at=str(opened["expires_at"]),
    )
    session_file().save(session)
    return session


def _next_query(answer: Answer) -> str | None:
    """The query of the next page (RFC 8288). Its address is the issuer's, which need not be the one we reach."""
    for link in answer.headers.get_all("Link", []):
        target, _, parameters = link.partition(">")
        if 'rel="next"' in parameters:
            return urlsplit(target.strip().removeprefix("<")).query
    return None
