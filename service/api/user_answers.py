"""Accounts as the API shows them."""

from typing import Any

import msgspec

from service.api.answers import Id, Time
from service.api.times import rfc3339, rfc3339_or_none
from service.domain.catalogue import CatalogueDocument
from service.domain.identifiers import to_wire
from service.domain.user import Grant, GrantKind, Role, User, UserKind


class UserShown(msgspec.Struct, kw_only=True):
    """An account of a person or a machine. `id` is the `sub` of its tokens."""

    id: Id
    name: str
    kind: UserKind
    role: Role
    created_at: Time
    disabled_at: Time | None


class GrantShown(msgspec.Struct, kw_only=True):
    """What may be handed out: how it is written down, the scopes it comes to now, and their words."""

    kind: GrantKind
    scopes: tuple[str, ...]
    may: str


class Account(UserShown, kw_only=True):
    """An account with what it may hand out."""

    grant: GrantShown


def user_document(user: User) -> UserShown:
    return UserShown(**user_members(user))


def account_document(user: User, catalogue: CatalogueDocument) -> Account:
    return Account(**user_members(user), grant=grant_document(user.grant, catalogue))


def grant_document(grant: Grant, catalogue: CatalogueDocument) -> GrantShown:
    listed = grant.scopes if grant.kind is GrantKind.LISTED else catalogue.default_grant
    if grant.kind is GrantKind.ALL or listed is None:
        listed = catalogue.scopes.scopes()
    return GrantShown(kind=grant.kind, scopes=tuple(listed), may=catalogue.scopes.in_words(listed))


def user_members(user: User) -> dict[str, Any]:
    """The members of UserShown, for shapes that have more."""
    return {
        "id": to_wire(user.id),
        "name": user.name,
        "kind": user.kind,
        "role": user.role,
        "created_at": rfc3339(user.created_at),
        "disabled_at": rfc3339_or_none(user.disabled_at),
    }
