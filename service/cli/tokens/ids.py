"""Tokens by their id, by the first characters of it, or by their note."""

import re
from collections.abc import Sequence
from typing import Any, Final

from service.cli.failures import CommandFailed
from service.cli.signed_in import SignedIn

TOKENS: Final = "/v1/personal-access-tokens"
STATES: Final = ("active", "expired", "suspended", "revoked")
SHORTEST: Final = 6
_WHOLE = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_BEGINNING = re.compile(r"[0-9a-f-]+")


def one_token(service: SignedIn, written: str) -> str:
    """The id that `written` stands for. Raises as `token_ids`."""
    return token_ids(service, [written])[0]


def token_ids(service: SignedIn, written: Sequence[str]) -> list[str]:
    """The ids that these stand for; none of them is acted on before all are known.

    Raises:
        CommandFailed: no token of yours begins so or has this note, or several do.
    """
    unique = list(dict.fromkeys(written))
    if all(_WHOLE.fullmatch(text.lower()) for text in unique):
        return [text.lower() for text in unique]
    every = service.listing(TOKENS, {"state": list(STATES)}, whole=True).items
    return [_one_of(every, text) for text in unique]


def _one_of(tokens: Sequence[dict[str, Any]], written: str) -> str:
    """By its id as far as that could be one, else by its note, which no revoked token keeps from others."""
    beginning = written.lower()
    if len(beginning) >= SHORTEST and _BEGINNING.fullmatch(beginning):
        return the_one(beginning, [str(token["id"]) for token in tokens])
    noted = [str(token["id"]) for token in tokens if token["note"] == written and token["state"] != "revoked"]
    if len(noted) != 1:
        many = "several tokens have" if noted else "no token of yours has"
        raise CommandFailed(
            f"{many} the note {written!r}; name it by the first characters of its id (at least {SHORTEST})",
            *(f"  {token_id}" for token_id in noted),
        )
    return noted[0]


def the_one(beginning: str, known: Sequence[str]) -> str:
    """The one known id that begins so. Raises CommandFailed where none or several do."""
    found = [token_id for token_id in known if token_id.startswith(beginning)]
    if not found:
        raise CommandFailed(f"no token of yours begins with {beginning}")
    if len(found) > 1:
        raise CommandFailed(
            f"several tokens begin with {beginning}:", *(f"  {token_id}" for token_id in found)
        )
    return found[0]


def short(token: dict[str, Any]) -> str:
    """The first characters of the id: what a person types."""
    return str(token["id"])[:8]
