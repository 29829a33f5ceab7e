"""The catalogues we ship: Locoia's table in force, Speckle's and Virtuozzo's as examples."""

import tomllib
from pathlib import Path

import pytest

from service.domain.catalogue import CatalogueDocument
from service.domain.policy import Policy

ROOT = Path(__file__).resolve().parents[3]
SHIPPED = (ROOT / "service" / "catalogue.toml").read_text()
EXAMPLES = ROOT / "examples" / "catalogues"
ISSUER = "https://tokens.example"

OPERATIONS = {"c": "create", "r": "read", "u": "update", "d": "delete", "t": "trigger"}
# One row an entity, one column a family; in each cell what plain | manage | view | webhook_run allow.
TABLE = """
                  automation    company     connector_auth  connectors  dashboard   embed
flows             crud|cru|r|-  -           -               -           -           -
flow_runs         crud|cru|r|-  -           -               -           -           -
flow_run_steps    crud|cru|r|-  -           -               -           -           -
run_flows         crud|cru|r|-  -           -               -           -           -
webhook_flows     t|-|-|t       -           -               -           -           -
connector_auths   r|r|r|-       -           crud|cru|r      -           -           -
env_variables     r|r|r|-       crud|cru|r  -               -           -           -
file_uploads      r|r|r|-       crud|cru|r  -               -           -           -
teams             -             crud|cru|r  -               -           -           -
users             -             crud|cru|r  -               -           -           -
connectors        -             -           -               crud|cru|r  -           -
connector_actions -             -           -               crud|cru|r  -           -
dashboards        -             -           -               -           crud|cru|r  -
data_sources      -             -           -               -           crud|cru|r  -
forecasts         -             -           -               -           crud|cru|r  -
insights          -             -           -               -           crud|cru|r  -
transforms        -             -           -               -           crud|cru|r  -
embeds            -             -           -               -           -           crud|cru|r
"""
HEADER, *ROWS = (line.split() for line in TABLE.strip().splitlines())
SUFFIXES = ("", ":manage", ":view", ":webhook_run")
SCOPES = [
    f"{family}{suffix}"
    for family in HEADER
    for suffix in SUFFIXES
    if suffix != ":webhook_run" or family == "automation"
]


def expected(scope, entity):
    """The operations that Locoia's table gives a scope on an entity."""
    family, _, level = scope.partition(":")
    row = next(row for row in ROWS if row[0] == entity)
    cell = row[1 + HEADER.index(family)]
    letters = "-" if cell == "-" else cell.split("|")[SUFFIXES.index(level and f":{level}")]
    return {OPERATIONS[letter] for letter in letters if letter != "-"}


@pytest.fixture(scope="module")
def catalogue():
    return CatalogueDocument.from_toml(SHIPPED, issuer=ISSUER)


@pytest.mark.parametrize("scope", SCOPES)
def test_a_scope_allows_exactly_what_locoias_table_says(catalogue, scope):
    """Every scope on every entity by every operation: nothing more and nothing less."""
    for entity in (row[0] for row in ROWS):
        allowed = {word for word in OPERATIONS.values() if catalogue.scopes.allows(scope, entity, word)}
        assert (entity, allowed) == (entity, expected(scope, entity))


def test_the_table_is_the_whole_catalogue(catalogue):
    """No scope, entity or operation is shipped that the table does not know."""
    assert sorted(catalogue.scopes.scopes()) == sorted(SCOPES)
    assert sorted(name for name, _ in catalogue.scopes.entities) == sorted(row[0] for row in ROWS)
    assert catalogue.scopes.operations == tuple(OPERATIONS.values())


def test_locoias_levels_cover_each_other_downwards(catalogue):
    """Plain covers manage covers view, within a family and nowhere else."""
    covered = {(a, b) for a in SCOPES for b in SCOPES if a != b and catalogue.scopes.covers(a, b)}
    steps = [("", ":manage"), ("", ":view"), (":manage", ":view")]

    assert covered == {(f"{family}{a}", f"{family}{b}") for family in HEADER for a, b in steps} | {
        ("automation", "automation:webhook_run")
    }


def test_webhook_run_is_answered_as_a_scope_of_automation(catalogue):
    """The short name may be asked for; what is signed is the long one."""
    assert catalogue.scopes.resolve(["webhook_run"]) == ("automation:webhook_run",)


def test_every_shipped_scope_leads_to_its_documentation(catalogue):
    """The links lie under the issuer."""
    for name in SCOPES:
        scope = catalogue.scopes.scope(name)
        assert scope.documentation == f"{ISSUER}/docs#{scope.family}"


def test_the_shipped_defaults_are_those_of_the_design(catalogue):
    """One API under the issuer, every scope grantable, the policy as its class has it."""
    assert catalogue.default_audience.id == f"{ISSUER}/api"
    assert len(catalogue.audiences) == 1
    assert catalogue.default_grant is None
    assert catalogue.policy == Policy()
    assert (catalogue.policy.confirm, catalogue.policy.allow_no_expiration) == (300, True)
    assert (catalogue.policy.max_live_tokens_per_user, catalogue.policy.max_creations_per_hour) == (100, 20)


def test_the_shipped_policy_shows_every_member():
    """An operator finds all there is to set in the file."""
    assert tomllib.loads(SHIPPED)["policy"].keys() == set(Policy.__slots__)


def test_the_shipped_sets_stay_within_their_names(catalogue):
    """'Read only' changes nothing, 'Read and change' deletes nothing, and neither triggers anything."""
    allowed = {
        each.name: {operation for name in each.scopes for _, operation in catalogue.scopes.scope(name).allows}
        for each in catalogue.sets
    }

    assert allowed == {"Read only": {"read"}, "Read and change": {"create", "read", "update"}}


def test_the_scopes_of_the_service_itself_are_offered_by_taking_away_their_marks(catalogue):
    """Uncommenting `#|` adds exactly two scopes and changes no other."""
    offered = CatalogueDocument.from_toml(
        SHIPPED.replace("\n#| ", "\n").replace("\n#|", "\n"), issuer=ISSUER
    ).scopes

    assert set(offered.scopes()) - set(SCOPES) == {"personal_access_tokens", "self_rotate"}
    assert all(offered.scope(name) == catalogue.scopes.scope(name) for name in SCOPES)


@pytest.mark.parametrize("example", sorted(EXAMPLES.glob("*.toml")), ids=lambda path: path.stem)
def test_an_example_is_a_catalogue(example):
    """Whoever starts from an example starts from one that loads, and that survives the database."""
    catalogue = CatalogueDocument.from_toml(example.read_text(), issuer=ISSUER)

    assert CatalogueDocument.from_json(catalogue.to_json()) == catalogue


def test_speckles_scopes_cover_only_themselves():
    """Reading and writing are two rights, and no scope of Speckle includes another."""
    scopes = CatalogueDocument.from_toml((EXAMPLES / "speckle.toml").read_text(), issuer=ISSUER).scopes

    assert {"streams:read", "streams:write", "profile:read", "profile:email", "users:read"} <= set(
        scopes.scopes()
    )
    assert "streams" not in scopes.scopes()
    assert all(not scopes.scope(name).covers for name in scopes.scopes())
    assert not scopes.allows("streams:write", "streams", "read")
    assert not scopes.allows("streams:read", "streams", "share")
    assert not scopes.allows("profile:read", "own_email", "read")


def test_virtuozzos_sets_are_its_four_and_spell_out_methods():
    """A set is methods and prefixes; the widest one covers the others."""
    catalogue = CatalogueDocument.from_toml((EXAMPLES / "virtuozzo.toml").read_text(), issuer=ISSUER)
    sets = {each.name: each.scopes for each in catalogue.sets}

    assert list(sets) == ["Extended Access", "IDE Plugins", "Marketplace", "Maven Plugin"]
    assert all(catalogue.scopes.beyond(sets["Extended Access"], scopes) == () for scopes in sets.values())
    assert catalogue.scopes.covers(sets["Extended Access"], "environment.control.stopenv")
    assert not catalogue.scopes.covers(sets["Maven Plugin"], "environment.control.stopenv")
    assert catalogue.policy.confirm == "every"
