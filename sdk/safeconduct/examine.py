"""python -m safeconduct check: what a token is, in words, and whether an API would accept it now."""

from argparse import Namespace
from collections.abc import Mapping
from ipaddress import ip_network
from typing import Any

from safeconduct.clock import SYSTEM
from safeconduct.errors import SafeconductError
from safeconduct.explain import Explanation, explain
from safeconduct.sync import Verifier
from safeconduct.words import unverified


def run_check(arguments: Namespace, token: str) -> Explanation:
    """Raises InvalidPolicy for an issuer that may not be asked."""
    return examine(
        arguments.issuer,
        token,
        audience=arguments.audience,
        scope=arguments.scope,
        client_address=arguments.from_ip,
    )


def examine(
    issuer: str,
    token: str,
    *,
    audience: str | None = None,
    scope: str | None = None,
    client_address: str | None = None,
) -> Explanation:
    """The verdict of a fresh verifier. Without an `audience` that of the token itself is taken, as its address is.

    Raises:
        InvalidPolicy: an issuer that may not be asked.
    """
    read = unverified(token)
    claims: Mapping[str, Any] = read[1] if read is not None else {}
    with Verifier(issuer, audience or _audiences(claims)) as verifier:
        error: SafeconductError | None = None
        try:
            verifier.verify(token, scope=scope, client_address=client_address or _good_address(claims))
        except SafeconductError as refused:
            error = refused
        age = verifier.list_age(token)
    return explain(token, error, now=int(SYSTEM.wall()), list_age=age)


def bare(text: str) -> str:
    """A token as people paste it: without white space around it, and without the word Bearer."""
    text = text.strip()
    return text[7:].strip() if text[:7].lower() == "bearer " else text


def _audiences(claims: Mapping[str, Any]) -> list[str]:
    said = claims.get("aud")
    named = [each for each in (said if isinstance(said, list) else [said]) if isinstance(each, str) and each]
    return named or ["nobody"]


def _good_address(claims: Mapping[str, Any]) -> str | None:
    """One that the token itself allows; none is needed where it allows all."""
    try:
        return str(ip_network(claims["allowed_ips"][0]).network_address)
    except (ValueError, TypeError, IndexError, KeyError):
        return None
