"""The routes of second factors, and which others are open before one is set up that the policy demands."""

from dataclasses import replace
from typing import Final

from service.api.own_factors import (
    CODES,
    FACTORS,
    begin_totp,
    confirm_totp,
    list_factors,
    remove_factor,
    rename_factor,
    renew_codes,
    reset_factors,
)
from service.domain.principal import CredentialKind
from service.web.routing import Handler, Route


def before_factor(route: Route) -> Route:
    """Also for people who have to set up a second factor before anything else."""
    return replace(route, without_factor=True)


def _own(method: str, path: str, handler: Handler, *, confirmed: bool = False) -> Route:
    callers = frozenset({CredentialKind.SESSION})
    return Route(method=method, path=path, handler=handler, callers=callers, confirmed=confirmed)


FACTOR_ROUTES: Final[tuple[Route, ...]] = (
    before_factor(_own("GET", FACTORS, list_factors)),
    before_factor(_own("POST", f"{FACTORS}/totp", begin_totp, confirmed=True)),
    before_factor(_own("POST", f"{FACTORS}/{{id}}/confirm", confirm_totp)),
    _own("PATCH", f"{FACTORS}/{{id}}", rename_factor),
    _own("DELETE", f"{FACTORS}/{{id}}", remove_factor, confirmed=True),
    _own("POST", CODES, renew_codes, confirmed=True),
    Route(
        method="DELETE",
        path="/v1/admin/users/{id}/second-factors",
        handler=reset_factors,
        callers=frozenset({CredentialKind.ADMINISTRATOR}),
        confirmed=True,
    ),
)
