"""What may have a short reference: nothing that changes tokens, and nothing that hangs on another token's signature."""

from collections.abc import Sequence
from typing import Final

from service.domain.catalogue import CatalogueDocument
from service.domain.errors import Fault, Faulty

MANAGING: Final = ("personal_access_tokens", "self_rotate")
"""Scopes by which a token changes tokens, itself included."""


def managing_faults(scopes: Sequence[str], catalogue: CatalogueDocument) -> list[Fault]:
    """One for each of MANAGING that the scopes hold."""
    known = catalogue.scopes.scopes()
    return [
        Fault("reference", "manages_tokens", f"a token with {name} has no short reference")
        for name in MANAGING
        if name in known and catalogue.scopes.covers(scopes, name)
    ]


def demand_no_reference(asked: bool | None) -> None:
    """For what a token makes. Raises Faulty."""
    if asked:
        raise Faulty([Fault("reference", "made_by_token", "what a token makes has no short reference")])
