"""The catalogue as a document: what may stand in it, and that it comes back as it went."""

import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from safeconduct.document import CatalogueInvalid

from service.domain.audience import Audience
from service.domain.catalogue import CatalogueDocument, ScopeSet, UnknownAudience
from service.domain.policy import Policy

ISSUER = "https://tokens.example"
LEVELS = {
    "plain": {"operations": ["read", "write"], "covers": ["view"], "aliases": ["company_all"]},
    "view": {"operations": ["read"]},
}
DOCUMENT = {
    "operations": ["read", "write"],
    "entities": {"teams": "Teams", "dashboards": "Dashboards"},
    "families": {
        "company": {"title": "Company", "entities": ["teams"], "levels": LEVELS},
        "dashboard": {
            "title": "Dashboards",
            "entities": ["dashboards"],
            "levels": {"view": {"operations": ["read"]}},
        },
    },
    "sets": [{"name": "Read only", "scopes": ["company:view", "dashboard:view"]}],
    "audiences": [
        {"id": "https://api.example", "name": "API", "default": True, "families": ["company"]},
        {"id": "reports", "name": "Reports", "reports_use": True},
    ],
    "grants": {"default": ["company:view"]},
    "policy": {"max_lifetime_days": 90, "confirm": "every"},
    "retired_scopes": {"company:admin": ["read teams", "write teams"]},
}
MISSING = object()
SHORT = """
operations = ["read"]
entities = { teams = "Teams" }
audiences = [{ id = "{issuer}/api", name = "API", default = true }]
families.company.title = "Company"
families.company.documentation = "{issuer}/docs"
families.company.entities = ["teams"]
families.company.levels.view.operations = ["read"]
"""


def changed(path, value):
    """The document with one member replaced, added or taken away; a number steps into a list."""
    document = copy.deepcopy(DOCUMENT)
    *parents, last = path.split("/")
    table = document
    for parent in parents:
        table = table[int(parent)] if parent.isdigit() else table[parent]
    table[last] = value
    if value is MISSING:
        del table[last]
    return document


def faults(document):
    with pytest.raises(CatalogueInvalid) as refused:
        CatalogueDocument.from_document(document)
    return [str(fault) for fault in refused.value.faults]


@pytest.fixture
def catalogue():
    return CatalogueDocument.from_document(DOCUMENT)


def test_every_part_of_the_document_becomes_a_value(catalogue):
    """Sets, audiences, grant, policy and tombstones are read as they stand."""
    assert catalogue.sets == (ScopeSet("Read only", ("company:view", "dashboard:view")),)
    assert catalogue.audiences == (
        Audience(id="https://api.example", name="API", families=frozenset({"company"}), default=True),
        Audience(id="reports", name="Reports", reports_use=True),
    )
    assert catalogue.default_grant == ("company:view",)
    assert catalogue.policy == Policy(max_lifetime_days=90, confirm="every")
    assert catalogue.retired_scopes == (
        ("company:admin", frozenset({("teams", "read"), ("teams", "write")})),
    )


def test_an_audience_takes_the_families_it_names_or_all(catalogue):
    """An API that lists no families understands every scope."""
    assert catalogue.default_audience.takes("company")
    assert not catalogue.default_audience.takes("dashboard")
    assert catalogue.audience("reports").takes("dashboard")


def test_an_unregistered_audience_is_an_error_with_a_code(catalogue):
    """Nothing is issued for an API that nobody registered."""
    with pytest.raises(UnknownAudience) as refused:
        catalogue.audience("https://api.example/")

    assert refused.value.code == "unknown_audience"


def test_before_any_catalogue_nothing_can_be_asked_for():
    """The empty value answers, and refuses everything."""
    empty = CatalogueDocument()

    assert empty.scopes.scopes() == ()
    with pytest.raises(UnknownAudience):
        empty.default_audience  # noqa: B018 - reading it is the act


def test_the_issuer_takes_its_place_in_every_text():
    """A file can be shipped that knows no address."""
    catalogue = CatalogueDocument.from_toml(SHORT, issuer=ISSUER)

    assert catalogue.default_audience.id == "https://tokens.example/api"
    assert catalogue.scopes.scope("company:view").documentation == "https://tokens.example/docs"


def test_aliases_in_sets_and_grants_become_the_scopes_they_name():
    """What is kept and signed never depends on how it was asked for."""
    document = changed("sets", [{"name": "All", "scopes": ["company_all", "company"]}])
    document["grants"]["default"] = ["company_all"]
    catalogue = CatalogueDocument.from_document(document)

    assert catalogue.sets == (ScopeSet("All", ("company",)),)
    assert catalogue.default_grant == ("company",)


@pytest.mark.parametrize(("members", "grant"), [({}, None), ({"default": []}, ())])
def test_an_absent_grant_is_everything_and_an_empty_one_nothing(members, grant):
    """The two are never taken for each other, also by way of the database."""
    catalogue = CatalogueDocument.from_document(changed("grants", members))

    assert catalogue.default_grant == grant
    assert CatalogueDocument.from_json(catalogue.to_json()).default_grant == grant


@pytest.mark.parametrize("confirm", ["every", "sign-in", 1, 300, 86_400])
def test_changes_are_confirmed_every_time_within_a_window_or_at_sign_in(confirm):
    """Virtuozzo's, the default's and Locoia's way."""
    assert CatalogueDocument.from_document(changed("policy/confirm", confirm)).policy.confirm == confirm


NO_SCOPE = "'company:veiw' is no scope of this catalogue"
NO_MEMBER = "is not a member that exists here"
DAYS = "must be 1 to 36500"
UNASKED = "nobody signs in as a machine, so there is nobody to ask"
CONFIRM = 'must be "every", "sign-in" or 1 to 86400 seconds'
FACTOR = "not one of off, optional, administrators, all"
ID = "must be printable ASCII without blanks, quotes, backslashes and braces"
ONE_DEFAULT = "exactly one must say default = true"
SAYS = 'must list what the scope allowed, like "read teams"'


@pytest.mark.parametrize(
    ("path", "value", "fault"),
    [
        ("sets", "Read only", "sets: must be an array of tables"),
        ("sets", ["Read only"], "sets[0]: must be a table"),
        ("sets/0/name", MISSING, "sets[0].name: is missing"),
        ("sets/0/name", "", "sets[0].name: must be 1 to 255 printable characters without blanks at the ends"),
        ("sets/0/scopes", MISSING, "sets[0].scopes: is missing"),
        ("sets/0/scopes", [], "sets[0].scopes: must name at least one"),
        ("sets/0/scopes", ["company:view", "company:veiw"], f"sets[0].scopes: {NO_SCOPE}"),
        ("sets/0/scopes", ["company", "company"], "sets[0].scopes[1]: 'company' stands here twice"),
        ("sets/0/colour", "red", "sets[0].colour: is not a member that exists here"),
        ("sets", [DOCUMENT["sets"][0]] * 2, "sets[1].name: 'Read only' stands here twice"),
        ("audiences", [], f"audiences: {ONE_DEFAULT}"),
        ("audiences", MISSING, f"audiences: {ONE_DEFAULT}"),
        ("audiences/0/default", False, f"audiences: {ONE_DEFAULT}"),
        ("audiences/1/default", True, f"audiences: {ONE_DEFAULT}"),
        ("audiences/1/default", "yes", "audiences[1].default: must be true or false"),
        ("audiences/1/id", MISSING, "audiences[1].id: is missing"),
        ("audiences/1/id", "https://api.example", "audiences[1].id: 'https://api.example' stands here twice"),
        ("audiences/1/id", "a b", f"audiences[1].id: {ID}"),
        ("audiences/1/id", 'a"b', f"audiences[1].id: {ID}"),
        ("audiences/1/id", "{isuer}/api", f"audiences[1].id: {ID}"),
        ("audiences/1/name", MISSING, "audiences[1].name: is missing"),
        ("audiences/1/families", ["compny"], "audiences[1].families: 'compny' is not known here"),
        ("audiences/1/families", [], "audiences[1].families: must name at least one"),
        ("audiences/1/reports_use", 1, "audiences[1].reports_use: must be true or false"),
        ("grants", [], "grants: must be a table"),
        ("grants/default", "company", "grants.default: must be a list of names"),
        ("grants/default", ["company:veiw"], f"grants.default: {NO_SCOPE}"),
        ("grants/everyone", [], "grants.everyone: is not a member that exists here"),
        ("policy/max_lifetime_days", 0, "policy.max_lifetime_days: must be 1 to 36500"),
        ("policy/max_lifetime_days", 36_501, "policy.max_lifetime_days: must be 1 to 36500"),
        ("policy/max_lifetime_days", 90.0, "policy.max_lifetime_days: must be a whole number"),
        ("policy/max_lifetime_days", True, "policy.max_lifetime_days: must be a whole number"),
        ("policy/allow_no_expiration", 1, "policy.allow_no_expiration: must be true or false"),
        ("policy/confirm", "never", f"policy.confirm: {CONFIRM}"),
        ("policy/confirm", 0, f"policy.confirm: {CONFIRM}"),
        ("policy/confirm", 86_401, f"policy.confirm: {CONFIRM}"),
        ("policy/confirm", True, f"policy.confirm: {CONFIRM}"),
        ("policy/confirm", 5.0, f"policy.confirm: {CONFIRM}"),
        ("policy/second_factor", "on", f"policy.second_factor: 'on' is {FACTOR}"),
        ("policy/max_live_tokens_per_user", 0, "policy.max_live_tokens_per_user: must be 1 to 100000"),
        ("policy/max_creations_per_hour", -1, "policy.max_creations_per_hour: must be 1 to 100000"),
        ("policy/max_lifetime", 90, "policy.max_lifetime: is not a member that exists here"),
        ("policy/confirm", None, f"policy.confirm: {CONFIRM}"),
        ("policy/machines", 1, "policy.machines: must be a table"),
        ("policy/machines", {"confirm": 60}, f"policy.machines.confirm: {UNASKED}"),
        ("policy/machines", {"second_factor": "off"}, f"policy.machines.second_factor: {NO_MEMBER}"),
        ("policy/administrators", {"confirm": None}, f"policy.administrators.confirm: {CONFIRM}"),
        ("policy/administrators", {"max_lifetime_days": 0}, f"policy.administrators.max_lifetime_days: {DAYS}"),
        ("policy/auditors", {}, f"policy.auditors: {NO_MEMBER}"),
        ("retired_scopes/x", ["read"], f"retired_scopes.x: {SAYS}"),
        ("retired_scopes/x", "read teams", "retired_scopes.x: must be a list of names"),
        ("families/company/title", MISSING, "families.company.title: is missing"),
        ("clientz", {}, "clientz: is not a member that exists here"),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_its_path_and_nothing_else_is(path, value, fault):
    """One mistake gives one line."""
    assert faults(changed(path, value)) == [fault]


def test_a_set_of_more_scopes_than_a_token_carries_is_refused():
    """Nobody can pick a set that no token could be made of."""
    document = changed("families/env", {"title": "Env", "methods": {}})
    document["families"]["env"]["methods"] = {
        f"env.m{number}": {"entity": "teams", "operation": "read"} for number in range(101)
    }
    document["sets"] = [{"name": "Many", "scopes": list(document["families"]["env"]["methods"])}]

    assert faults(document) == ["sets[0].scopes: a token carries at most 100 scopes; use prefixes"]


def test_all_faults_of_a_file_are_told_at_once():
    """Faults of families, sets, audiences, grants and policy stand in one answer."""
    with pytest.raises(CatalogueInvalid) as refused:
        CatalogueDocument.from_toml(
            SHORT + 'sets = [{ name = "All", scopes = ["company"] }]\n'
            "grants.default = [1979-05-27]\n"
            'policy = { confirm = "always", max_live_tokens_per_user = 1e2 }\n'
            "families.x = {}\n"
            "[[audience]]\n",
            issuer=ISSUER,
        )

    assert [str(fault) for fault in refused.value.faults] == [
        "audience: is not a member that exists here",
        "families.x: must have either levels or methods",
        "families.x.title: is missing",
        "grants.default[0]: must be a name",
        "policy.confirm: " + CONFIRM,
        "policy.max_live_tokens_per_user: must be a whole number",
        "sets[0].scopes: 'company' is no scope of this catalogue",
    ]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("operations = [", "is no TOML: "),
        ("a = 1\na = 2", "is no TOML: "),
        ('a = "\\ud800"', "is no TOML: "),
        ("a = " + "[" * 5000, "is nested too deeply"),
    ],
)
def test_a_text_that_is_no_toml_is_refused_like_a_faulty_one(text, fault):
    """The same error as for a faulty document, so that one place prints both."""
    with pytest.raises(CatalogueInvalid) as refused:
        CatalogueDocument.from_toml(text, issuer=ISSUER)

    assert [str(each)[: len(fault)] for each in refused.value.faults] == [fault]


def test_a_stored_policy_says_every_member(catalogue):
    """A later default must not change what an operator once put in force."""
    assert json.loads(catalogue.to_json())["policy"].keys() == set(Policy.__slots__)


NAMES = list(CatalogueDocument.from_document(DOCUMENT).scopes.scopes())
some_scopes = st.lists(st.sampled_from(NAMES), unique=True, min_size=1)
titles = st.text(min_size=1, max_size=20).filter(lambda text: text == text.strip() and text.isprintable())
policies = st.fixed_dictionaries(
    {},
    optional={
        "max_lifetime_days": st.integers(1, 36_500),
        "allow_no_expiration": st.booleans(),
        "confirm": st.sampled_from(["every", "sign-in"]) | st.integers(1, 86_400),
        "second_factor": st.sampled_from(["off", "optional", "administrators", "all"]),
        "max_live_tokens_per_user": st.integers(1, 100_000),
        "max_creations_per_hour": st.integers(1, 100_000),
        "administrators": st.fixed_dictionaries(
            {}, optional={"confirm": st.just("every"), "max_lifetime_days": st.integers(1, 36_500)}
        ),
        "machines": st.fixed_dictionaries({}, optional={"allow_no_expiration": st.booleans()}),
    },
)


@st.composite
def documents(draw):
    names = draw(st.lists(titles, unique=True, max_size=3))
    ids = draw(
        st.lists(st.from_regex(r"[a-z:/.]{1,20}", fullmatch=True), unique=True, min_size=1, max_size=3)
    )
    default = draw(st.sampled_from(ids))
    families = st.fixed_dictionaries(
        {"reports_use": st.booleans()},
        optional={"families": st.sampled_from([["company"], ["dashboard", "company"]])},
    )
    members = {
        "sets": [{"name": name, "scopes": draw(some_scopes)} for name in names],
        "audiences": [
            draw(families) | {"id": id_, "name": draw(titles), "default": id_ == default} for id_ in ids
        ],
        "grants": draw(st.just({}) | st.fixed_dictionaries({"default": some_scopes | st.just([])})),
        "policy": draw(policies),
    }
    return DOCUMENT | {name: value for name, value in members.items() if value or draw(st.booleans())}


@given(documents())
def test_a_catalogue_comes_back_from_its_json_and_says_it_the_same_way_again(document):
    """What the database keeps is the whole of it, in one canonical form."""
    catalogue = CatalogueDocument.from_document(document)
    text = catalogue.to_json()
    again = CatalogueDocument.from_json(text)

    assert again == catalogue
    assert again.to_json() == text
    assert text == json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert hash(again) == hash(catalogue)


@given(documents(), st.randoms())
def test_the_json_does_not_depend_on_the_order_of_members(document, random):
    """Two files that say the same give the same text, byte for byte."""

    def shuffled(value):
        if isinstance(value, dict):
            items = [(name, shuffled(item)) for name, item in value.items()]
            random.shuffle(items)
            return dict(items)
        return [shuffled(item) for item in value] if isinstance(value, list) else value

    text = CatalogueDocument.from_document(document).to_json()

    assert CatalogueDocument.from_document(shuffled(document)).to_json() == text
