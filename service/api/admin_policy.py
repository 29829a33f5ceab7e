"""/v1/admin/policy: what is demanded of tokens, people and changes."""

from typing import Any

import msgspec
from aiohttp import web
from safeconduct.document import Document

from service.api.answers import Answer
from service.api.bodies import read_body
from service.api.catalogue import CATALOGUE_REFUSED, ChangeShown, applied_document, faults_told
from service.api.contract import contract
from service.api.queries import DryRun, read_flag
from service.domain.policy import Policy, Rules, read_policy, write_policy
from service.web.appkeys import SERVICES
from service.web.callers import signed_in


class PolicyToSet(msgspec.Struct, kw_only=True):
    """PUT /v1/admin/policy. The whole `policy`, its members as in a catalogue file: what is left out has its default.

    `expected_version` is the one that was looked at.
    """

    policy: dict[str, Any]
    expected_version: int | None = None


class PolicyShown(msgspec.Struct, kw_only=True):
    """Every member of the policy, and the version of the catalogue that says so."""

    version: int
    policy: dict[str, Any]


class PolicySet(msgspec.Struct, kw_only=True):
    """What differs, and what holds then."""

    changes: list[ChangeShown]
    version: int
    policy: dict[str, Any]


class RulesShown(msgspec.Struct, kw_only=True):
    """What holds for one person, as their pages need it."""

    max_lifetime_days: int
    allow_no_expiration: bool
    confirm: int | str
    needs_second_factor: bool
    max_live_tokens: int
    max_creations_per_hour: int


async def get_policy(request: web.Request) -> Answer[PolicyShown]:
    """Every member, and the version of the catalogue that says so."""
    policy, version = await request.app[SERVICES].governance.policies.get()
    return Answer(PolicyShown(version=version, policy=write_policy(policy)))


@contract(body=PolicyToSet, query=DryRun, raises=CATALOGUE_REFUSED)
async def put_policy(request: web.Request) -> Answer[PolicySet]:
    """What differs; with `?dry_run=true` nothing but that."""
    dry_run, body = read_flag(request, "dry_run"), await read_body(request, PolicyToSet)
    with faults_told():
        policy = _policy(body.policy)
    applied = await request.app[SERVICES].governance.policies.put(
        policy, actor=signed_in(request).actor, dry_run=dry_run, expected_version=body.expected_version
    )
    told = applied_document(applied)
    return Answer(PolicySet(changes=told.changes, version=told.version, policy=write_policy(policy)))


def rules_document(rules: Rules) -> RulesShown:
    return RulesShown(
        max_lifetime_days=rules.max_lifetime_days,
        allow_no_expiration=rules.allow_no_expiration,
        confirm=rules.confirm,
        needs_second_factor=rules.needs_second_factor,
        max_live_tokens=rules.max_live_tokens_per_user,
        max_creations_per_hour=rules.max_creations_per_hour,
    )


def _policy(members: dict[str, Any]) -> Policy:
    """Raises CatalogueInvalid with every fault."""
    document = Document({"policy": members})
    policy = read_policy(document.root.table("policy"))
    document.finish()
    return policy
