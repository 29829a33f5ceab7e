"""Tokens that make tokens, as the tests of children ask for them."""

from typing import Any

from safeconduct import Claims

from service.application.idempotency import Repeated
from service.application.issue import Issued
from service.domain.catalogue import CatalogueDocument
from service.domain.descent import SCOPE, Parent
from service.domain.idempotency import IdempotencyKey
from service.domain.identifiers import from_wire
from service.domain.overlap import NO_OVERLAP, Overlap
from service.domain.token import Token
from service.web.services import Services
from tests.application.deployment import Deployment, a_request, claims_of


def offering_children(catalogue: CatalogueDocument) -> CatalogueDocument:
    """The catalogue with the scope that makes tokens, and the one that renews."""
    document = catalogue.to_document()
    document["operations"] = [*document["operations"], "rotate"]
    document["entities"]["personal_access_tokens"] = "Personal Access Tokens"
    for family, title, operations in (
        (SCOPE, "Make tokens", ["create", "read", "delete"]),
        ("self_rotate", "Renew itself", ["rotate"]),
    ):
        document["families"][family] = {
            "title": title,
            "entities": ["personal_access_tokens"],
            "levels": {"plain": {"operations": operations}},
        }
    return CatalogueDocument.from_document(document)


async def with_children(on: Deployment) -> None:
    offered = offering_children(on.services.current.catalogue)
    await on.services.apply_catalogue(offered, actor="test")


def speaking(issued: Issued) -> Parent:
    """The caller that shows this value."""
    claims = Claims.from_json(claims_of(issued))
    return Parent(token_id=issued.token.id, jti=from_wire(claims.jti), scopes=claims.scope)


async def a_parent(on: Deployment, *scopes: str, **members: Any) -> Issued:
    """A token that may make others."""
    return await on.token(scopes=(SCOPE, *(scopes or ("automation:view", "company"))), **members)


async def a_child(
    on: Deployment, parent: Issued, *, services: Services | None = None, **members: Any
) -> Issued:
    """What a token makes; without more said 10 days of `company:view`."""
    return await (services or on.services).issue(
        a_request(**{"scopes": ("company:view",), "days": 10} | members),
        owner_id=parent.token.owner_id,
        actor=f"token:{parent.token.id}",
        parent=speaking(parent),
    )


async def a_child_once(on: Deployment, parent: Issued, key: IdempotencyKey) -> Issued | Repeated:
    return await on.services.issue.once(
        a_request(scopes=("company:view",), days=10),
        key=key,
        owner_id=parent.token.owner_id,
        actor=f"token:{parent.token.id}",
        parent=speaking(parent),
    )


async def renewed_by(
    on: Deployment, parent: Issued | None, child: Token, *, overlap: Overlap = NO_OVERLAP, **members: Any
) -> Issued:
    """A new value of a child, asked for by a token or, without one, by its owner."""
    return await on.services.regenerate(
        child.id,
        a_request(**{"note": None, "scopes": None, "days": 10} | members),
        owner_id=child.owner_id,
        actor="test",
        overlap=overlap,
        parent=speaking(parent) if parent else None,
    )
