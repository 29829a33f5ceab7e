"""The page of permissions is the route table, not somebody's memory of it; and no route of it is undescribed."""

from pathlib import Path

import pytest

from service.api.contract import answers_of, contract_of, is_described
from service.api.routes import GATEWAY_ROUTES, ROUTES
from service.cli.permissions import markdown

ROOT = Path(__file__).parents[1]


def test_the_page_of_permissions_is_the_route_table() -> None:
    """Whoever changes who may call a route changes the page, and is seen doing so."""
    assert (ROOT / "docs" / "permissions.md").read_text() == markdown()


@pytest.mark.parametrize(
    "route", [*ROUTES, *GATEWAY_ROUTES], ids=lambda route: f"{route.method} {route.path}"
)
def test_a_route_says_what_it_takes_and_answers(route) -> None:
    """What `/openapi.json` tells is said where it is done, or the service does not start (issue 7, point 1)."""
    handler = route.handler
    takes_body = route.method in {"POST", "PUT", "PATCH"} and "forward-auth" not in route.path

    assert answers_of(handler)
    assert not takes_body or is_described(handler), (
        f"write @contract(body=YourStruct, raises=(...)) over {handler.__qualname__}, or @contract() if it reads no"
        " body (service/api/contract.py); form= for an OAuth form, query= for a struct of query parameters"
    )
    assert contract_of(handler).form is None or contract_of(handler).body is None
