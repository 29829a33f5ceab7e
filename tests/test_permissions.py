"""The page of permissions is the route table, not somebody's memory of it."""

from pathlib import Path

from service.cli.permissions import markdown

ROOT = Path(__file__).parents[1]


def test_the_page_of_permissions_is_the_route_table() -> None:
    """Whoever changes who may call a route changes the page, and is seen doing so."""
    assert (ROOT / "docs" / "permissions.md").read_text() == markdown()
