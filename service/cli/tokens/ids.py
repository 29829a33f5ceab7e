"""Tokens by their id, or by the first characters of it."""

import re
from collections.abc import Sequence
from typing import Any, Final

from service.cli.failures import CommandFailed, Misuse
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
        Misuse: shorter than 6 characters, or no beginning of an id.
        CommandFailed: no token of yours begins so, or several do.
    """
    lowered = list(dict.fromkeys(text.lower() for text in written))
    for text in lowered:
        if len(text) < SHORTEST or not _BEGINNING.fullmatch(text):
            raise Misuse(f"{text!r} is no id, and not the first {SHORTEST} characters of one")
    if all(_WHOLE.fullmatch(text) for text in lowered):
        return lowered
    every = service.listing(TOKENS, {"state": list(STATES)}, whole=True)
    known = [str(token["id"]) for token in every.items]
    return [the_one(text, known) for text in lowered]


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
