"""What a batch of requests becomes: each judged by grant, policy, ceilings, and by the token that asks for it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from service.application.families import Family
from service.application.room import Room
from service.domain.catalogue import CatalogueDocument
from service.domain.descent import Parent
from service.domain.errors import Refused
from service.domain.issuance import Permitted, TokenRequest, maker, permit
from service.domain.reference_rules import demand_no_reference
from service.domain.token import Token
from service.domain.user import User

BATCH = 64
"""The most that one transaction makes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judging:
    """By what a transaction, which holds all owners, parents and the key set, judges at `now`."""

    catalogue: CatalogueDocument
    rooms: Mapping[str, Room]
    families: Mapping[Parent, Family | Refused]
    new_id: Callable[[], str]
    now: int

    def record(self, request: TokenRequest, owner: User | None, parent: Parent | None) -> Token:
        """The record that may be made, its place in the ceilings taken. Raises Refused, in its many kinds."""
        owner = maker(owner)
        room, family = self.rooms[owner.id], self._family(parent)
        rules = self.catalogue.policy.of(owner)
        if family is not None:
            request = family.bounds.filled(request)
            demand_no_reference(request.reference)
        permitted = permit(request, grant=owner.grant, rules=rules, catalogue=self.catalogue, now=self.now)
        if family is not None:
            permitted = family.bounds.demand(permitted, self.catalogue)
            family.demand_room()
        sequence = owner.version * BATCH + room.taken
        room.take(rules)
        if family is not None:
            family.live += 1
        return self._token(permitted, owner, parent, sequence)

    def _family(self, parent: Parent | None) -> Family | None:
        if parent is None:
            return None
        family = self.families[parent]
        if isinstance(family, Refused):
            raise family
        return family

    def _token(self, permitted: Permitted, owner: User, parent: Parent | None, sequence: int) -> Token:
        return Token(
            id=self.new_id(),
            owner_id=owner.id,
            sequence=sequence,
            note=permitted.note,
            scopes=permitted.scopes,
            audiences=permitted.audiences,
            allowed_ips=permitted.allowed_ips,
            metadata=MappingProxyType(dict(permitted.metadata)) if permitted.metadata is not None else None,
            not_before=permitted.not_before,
            expires_at=permitted.expires_at,
            jti=self.new_id(),
            created_at=self.now,
            parent_id=parent.token_id if parent is not None else None,
            parent_jti=parent.jti if parent is not None else None,
        )
