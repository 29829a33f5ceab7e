"""GET /v1/scopes: what tokens may carry, for which APIs."""

from collections.abc import Sequence

import msgspec
from aiohttp import web
from safeconduct.catalogue import ScopeCatalogue
from safeconduct.family import Family
from safeconduct.scope import Scope

from service.api.answers import Answer
from service.domain.catalogue import CatalogueDocument
from service.domain.policy import Rules
from service.web.appkeys import SERVICES
from service.web.callers import signed_in


class ScopeShown(msgspec.Struct, kw_only=True):
    """`may` says in words what it allows, `allows` the operations per entity, in the catalogue's order."""

    name: str
    title: str
    may: str
    documentation: str | None
    aliases: Sequence[str]
    covers: Sequence[str]
    allows: dict[str, list[str]]


class FamilyShown(msgspec.Struct, kw_only=True):
    """Scopes that belong together, and their levels."""

    name: str
    title: str
    documentation: str | None
    levels: list[str]
    entities: Sequence[str]
    scopes: list[ScopeShown]


class EntityShown(msgspec.Struct, kw_only=True):
    """Something that operations are done to."""

    name: str
    title: str


class ScopeSetShown(msgspec.Struct, kw_only=True):
    """Scopes that are chosen together."""

    name: str
    scopes: Sequence[str]


class RegisteredAudience(msgspec.Struct, kw_only=True):
    """An API: the `aud` of its tokens, and the families it takes (null: all)."""

    id: str
    name: str
    families: list[str] | None
    reports_use: bool
    default: bool


class Lifetimes(msgspec.Struct, kw_only=True):
    """How long tokens may live."""

    max_lifetime_days: int
    allow_no_expiration: bool


class CatalogueShown(msgspec.Struct, kw_only=True):
    """Families with their scopes, entities, operations, sets, audiences; one person's policy."""

    families: list[FamilyShown]
    entities: list[EntityShown]
    operations: Sequence[str]
    sets: list[ScopeSetShown]
    audiences: list[RegisteredAudience]
    policy: Lifetimes


async def get_scopes(request: web.Request) -> Answer[CatalogueShown]:
    """The catalogue in force."""
    catalogue = request.app[SERVICES].current.catalogue
    return Answer(catalogue_document(catalogue, catalogue.policy.of(signed_in(request).user)))


def catalogue_document(catalogue: CatalogueDocument, rules: Rules) -> CatalogueShown:
    scopes = catalogue.scopes
    return CatalogueShown(
        families=[_family(family, scopes) for family in scopes.families],
        entities=[EntityShown(name=name, title=title) for name, title in scopes.entities],
        operations=scopes.operations,
        sets=[ScopeSetShown(name=each.name, scopes=each.scopes) for each in catalogue.sets],
        audiences=[
            RegisteredAudience(
                id=audience.id,
                name=audience.name,
                families=None if audience.families is None else sorted(audience.families),
                reports_use=audience.reports_use,
                default=audience.default,
            )
            for audience in catalogue.audiences
        ],
        policy=Lifetimes(
            max_lifetime_days=rules.max_lifetime_days, allow_no_expiration=rules.allow_no_expiration
        ),
    )


def _family(family: Family, catalogue: ScopeCatalogue) -> FamilyShown:
    scopes = (catalogue.scope(name) for name in catalogue.scopes())
    return FamilyShown(
        name=family.name,
        title=family.title,
        documentation=family.documentation,
        levels=[level.name for level in family.levels],
        entities=family.entities,
        scopes=[_scope(scope, catalogue) for scope in scopes if scope.family == family.name],
    )


def _scope(scope: Scope, catalogue: ScopeCatalogue) -> ScopeShown:
    entities = dict.fromkeys(entity for entity, _ in catalogue.entities)
    allowed = {
        entity: [operation for operation in catalogue.operations if (entity, operation) in scope.allows]
        for entity in entities
    }
    return ScopeShown(
        name=scope.name,
        title=scope.title,
        may=scope.words,
        documentation=scope.documentation,
        aliases=scope.aliases,
        covers=sorted(scope.covers),
        allows={entity: operations for entity, operations in allowed.items() if operations},
    )
