"""Accounts as the API shows them."""

from typing import Any

from service.api.times import rfc3339, rfc3339_or_none
from service.domain.catalogue import CatalogueDocument
from service.domain.identifiers import to_wire
from service.domain.user import Grant, GrantKind, User


def user_document(user: User) -> dict[str, Any]:
    """`id` is the `sub` of the user's tokens."""
    return {
        "id": to_wire(user.id),
        "name": user.name,
        "kind": user.kind,
        "role": user.role,
        "created_at": rfc3339(user.created_at),
        "disabled_at": rfc3339_or_none(user.disabled_at),
    }


def grant_document(grant: Grant, catalogue: CatalogueDocument) -> dict[str, Any]:
    """What may be handed out: how it is written down, the scopes it comes to now, and their words."""
    listed = grant.scopes if grant.kind is GrantKind.LISTED else catalogue.default_grant
    if grant.kind is GrantKind.ALL or listed is None:
        listed = catalogue.scopes.scopes()
    return {"kind": grant.kind, "scopes": listed, "may": catalogue.scopes.in_words(listed)}
