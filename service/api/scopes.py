"""GET /v1/scopes: what tokens may carry, for which APIs."""

from typing import Any

from aiohttp import web
from safeconduct.catalogue import ScopeCatalogue
from safeconduct.scope import Scope

from service.api.answers import json_answer
from service.domain.catalogue import CatalogueDocument
from service.domain.policy import Rules
from service.web.appkeys import SERVICES
from service.web.callers import signed_in


async def get_scopes(request: web.Request) -> web.Response:
    """The catalogue in force."""
    catalogue = request.app[SERVICES].current.catalogue
    return json_answer(catalogue_document(catalogue, catalogue.policy.of(signed_in(request).user)))


def catalogue_document(catalogue: CatalogueDocument, rules: Rules) -> dict[str, Any]:
    """Families with their scopes and what each allows; entities, operations, sets, audiences; one person's policy."""
    scopes = catalogue.scopes
    return {
        "families": [
            {
                "name": family.name,
                "title": family.title,
                "documentation": family.documentation,
                "levels": [level.name for level in family.levels],
                "entities": family.entities,
                "scopes": [
                    _scope(scope, scopes)
                    for name in scopes.scopes()
                    if (scope := scopes.scope(name)).family == family.name
                ],
            }
            for family in scopes.families
        ],
        "entities": [{"name": name, "title": title} for name, title in scopes.entities],
        "operations": scopes.operations,
        "sets": [{"name": each.name, "scopes": each.scopes} for each in catalogue.sets],
        "audiences": [
            {
                "id": audience.id,
                "name": audience.name,
                "families": None if audience.families is None else sorted(audience.families),
                "reports_use": audience.reports_use,
                "default": audience.default,
            }
            for audience in catalogue.audiences
        ],
        "policy": {
            "max_lifetime_days": rules.max_lifetime_days,
            "allow_no_expiration": rules.allow_no_expiration,
        },
    }


def _scope(scope: Scope, catalogue: ScopeCatalogue) -> dict[str, Any]:
    """`allows` lists the operations per entity, in the catalogue's order."""
    entities = dict.fromkeys(entity for entity, _ in catalogue.entities)
    allowed = {
        entity: [operation for operation in catalogue.operations if (entity, operation) in scope.allows]
        for entity in entities
    }
    return {
        "name": scope.name,
        "title": scope.title,
        "may": scope.words,
        "documentation": scope.documentation,
        "aliases": scope.aliases,
        "covers": sorted(scope.covers),
        "allows": {entity: operations for entity, operations in allowed.items() if operations},
    }
