"""How the pages' routes are declared."""

from dataclasses import replace
from typing import Final

from service.domain.principal import CredentialKind
from service.web.routing import Answers, Handler, Route

NOBODY: Final = frozenset({CredentialKind.NOBODY})
SESSION: Final = frozenset({CredentialKind.SESSION})
USER: Final = frozenset({CredentialKind.USER})
READERS: Final = frozenset({CredentialKind.AUDITOR, CredentialKind.ADMINISTRATOR})
ADMINISTRATOR: Final = frozenset({CredentialKind.ADMINISTRATOR})


def page(path: str, handler: Handler, callers: frozenset[CredentialKind] = SESSION) -> Route:
    """Something to look at."""
    return Route(method="GET", path=path, handler=handler, callers=callers, answers=Answers.PAGE)


def form(
    path: str, handler: Handler, callers: frozenset[CredentialKind] = SESSION, *, confirmed: bool = False
) -> Route:
    """Something to change."""
    return Route(
        method="POST", path=path, handler=handler, callers=callers, answers=Answers.PAGE, confirmed=confirmed
    )


def before_factor(route: Route) -> Route:
    """Also for people who have to set up a second factor before anything else."""
    return replace(route, without_factor=True)
