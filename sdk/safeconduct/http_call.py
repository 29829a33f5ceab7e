"""One HTTP call of a command line: any method, no redirect, a deadline, and an answer whatever happens."""

import json
from collections.abc import Mapping
from http.client import HTTPException
from typing import Any, Final, NamedTuple

from safeconduct.standard_http import open_connection, target

_SECONDS: Final = 10.0
_LONGEST: Final = 8 * 1024 * 1024


class Answer(NamedTuple):
    """`status` 0 where there is none; `body` is then why, in words."""

    status: int
    body: bytes

    def json(self) -> Any:
        """The document. Raises ValueError."""
        return json.loads(self.body)

    def words(self) -> str:
        """Status and code, for a message; of a refusal nothing else is repeated."""
        if not self.status:
            return self.body.decode("utf-8", "replace")
        try:
            said = json.loads(self.body).get("code", "")
        except (ValueError, AttributeError):
            said = ""
        return f"{self.status} {said}".rstrip()


def call(
    method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes | None = None
) -> Answer:
    """Never raises for what a network may do."""
    sent = {"Accept": "application/json", "User-Agent": "safeconduct-probe", **(headers or {})}
    if body is not None:
        sent["Content-Type"] = "application/json"
    try:
        connection = open_connection(url, _SECONDS, None)
        try:
            connection.request(method, target(url), body=body, headers=sent)
            response = connection.getresponse()
            return Answer(response.status, response.read(_LONGEST))
        finally:
            connection.close()
    except (OSError, HTTPException, ValueError) as error:
        return Answer(0, f"{type(error).__name__}: {error}".encode())
