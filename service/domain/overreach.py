"""Which live tokens would carry more than they may once another catalogue is in force."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Self

from service.domain.carried import Carried, Reach
from service.domain.catalogue import CatalogueDocument
from service.domain.issuance import beyond_grant
from service.domain.user import Grant


@dataclass(frozen=True, slots=True, kw_only=True)
class Overreach:
    """`gone` are the scopes that go; `grants` those that change with the catalogue, by their owners' ids.

    What was beyond its owner's grant before stays out of it: that was somebody else's decision.
    """

    old: CatalogueDocument
    wanted: CatalogueDocument
    gone: frozenset[str]
    grants: Mapping[str, Grant] = field(default_factory=dict)

    @classmethod
    def between(
        cls, old: CatalogueDocument, wanted: CatalogueDocument, grants: Mapping[str, Grant] | None = None
    ) -> Self:
        return cls(old=old, wanted=wanted, gone=frozenset(wanted.lost_from(old)), grants=grants or {})

    @property
    def is_possible(self) -> bool:
        """False where nothing changes by which tokens are judged, so that nothing needs to be counted."""
        same = self.old.scopes == self.wanted.scopes and self.old.default_grant == self.wanted.default_grant
        return bool(self.grants) or not same

    def of(self, value: Carried) -> tuple[str, ...]:
        """The scopes of this value that are too much: those that go, and those beyond its owner's grant."""
        return self._too_much(value.scopes, value.grant, self.grants.get(value.owner_id, value.grant))

    def by_new_grant(self, value: Carried) -> tuple[str, ...]:
        """The same, unless it would be too much under the owner's present grant as well."""
        return () if self._too_much(value.scopes, value.grant, value.grant) else self.of(value)

    def reaches_too_far(self, reach: Reach) -> bool:
        """Whether tokens of this kind carry too much, whoever owns them."""
        return bool(self._too_much(reach.scopes, reach.grant, reach.grant))

    def held(self, reaches: Iterable[Reach]) -> dict[str, int]:
        """Of each scope that goes how many live tokens hold it."""
        held = dict.fromkeys(sorted(self.gone), 0)
        for reach in reaches:
            for scope in self.gone.intersection(reach.scopes):
                held[scope] += reach.tokens
        return {scope: tokens for scope, tokens in held.items() if tokens}

    def _too_much(self, scopes: tuple[str, ...], was: Grant, grant: Grant) -> tuple[str, ...]:
        further = set(beyond_grant(scopes, grant, self.wanted))
        if further:
            further -= set(beyond_grant(scopes, was, self.old))
        return tuple(scope for scope in scopes if scope in self.gone or scope in further)
