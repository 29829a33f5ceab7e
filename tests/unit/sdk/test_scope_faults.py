"""What a catalogue document may not say. Every fault is told at once, each with its path."""

import copy
import json
import re

import pytest
from safeconduct.catalogue import ScopeCatalogue
from safeconduct.document import CatalogueInvalid

DOCUMENT = {
    "operations": ["read", "write"],
    "entities": {"teams": "Teams", "users": "Users"},
    "families": {
        "company": {
            "title": "Company",
            "entities": ["teams", "users"],
            "levels": {
                "plain": {"operations": ["read", "write"], "covers": ["view"]},
                "view": {"operations": ["read"], "aliases": ["company_read"]},
            },
        },
        "env": {"title": "Environments", "methods": {"env.get": {"entity": "teams", "operation": "read"}}},
    },
}
COMPANY = DOCUMENT["families"]["company"]
GET = DOCUMENT["families"]["env"]["methods"]["env.get"]


NAME = "is no name for a {}: scope characters of RFC 6749 section 3.3 without * . :"
TEXT = "must be 1 to 255 printable characters without blanks at the ends"
LINK = "must be an http:// or https:// address"
CIRCLE = "covers itself; of two levels only one may cover the other"
VIEW = {"operations": ["read"]}
MISSING = object()


def changed(path, value):
    """The document with one member replaced, added or taken away."""
    document = copy.deepcopy(DOCUMENT)
    *parents, last = path.split("/")
    table = document
    for parent in parents:
        table = table[parent]
    table[last] = value
    if value is MISSING:
        del table[last]
    return document


def faults(document):
    with pytest.raises(CatalogueInvalid) as refused:
        ScopeCatalogue.from_document(document)
    return [str(fault) for fault in refused.value.faults]


def test_the_document_of_these_tests_is_a_catalogue():
    """What follows breaks exactly one thing at a time."""
    assert ScopeCatalogue.from_document(DOCUMENT).scopes()


@pytest.mark.parametrize(
    ("path", "value", "text"),
    [
        ("operations", ["read", "write", "Run"], "'Run' must be lower case letters, digits and _"),
        ("entities/teams", 7, "must be text"),
        ("entities/teams", " Teams", TEXT),
        ("entities/teams", "Te\u202eams", TEXT),
        ("entities/teams", "", TEXT),
        ("entities/teams", "T" * 256, TEXT),
        ("families/x", "y", "must be a table"),
        ("families/a*", COMPANY | {"levels": {"view": VIEW}}, NAME.format("family")),
        ("families/a.b", COMPANY | {"levels": {"view": VIEW}}, NAME.format("family")),
        ("families/a\nb", COMPANY | {"levels": {"view": VIEW}}, NAME.format("family")),
        ("families/company/title", MISSING, "is missing"),
        ("families/company/documentation", "javascript:alert(1)", LINK),
        ("families/company/documentation", 'https://x/"><script>', LINK),
        ("families/company/documentation", "{issuer}/docs", LINK),
        ("families/company/entities", ["teams", "users", "tems"], "'tems' is not known here"),
        ("families/company/colour", "red", "is not a member that exists here"),
        ("families/company/levels/a:b", VIEW, NAME.format("level")),
        ("families/company/levels/a.b", VIEW, NAME.format("level")),
        ("families/company/levels/" + "x" * 121, VIEW, NAME.format("level")),
        ("families/company/levels/plain/operations", MISSING, "is missing"),
        ("families/company/levels/plain/operations", [], "must name at least one"),
        ("families/company/levels/plain/operations", ["raed", "read"], "'raed' is not known here"),
        ("families/company/levels/plain/entities", [], "must name at least one"),
        ("families/company/levels/plain/entities", ["flows"], "'flows' is not known here"),
        ("families/company/levels/plain/covers", ["veiw"], "'veiw' is not a level of this family"),
        ("families/company/levels/plain/covers", ["plain"], CIRCLE),
        ("families/company/levels/plain/aliases", ["env.put"], "'env.put' is no undotted scope name"),
        ("families/company/levels/plain/aliases", ["a b"], "'a b' is no undotted scope name"),
        ("families/company/levels/plain/aliases", ["company"], "'company' names another scope already"),
        ("families/company/levels/plain/title", True, "must be text"),
        (
            "families/env/entities",
            ["teams"],
            "belongs to families with levels; a method names its own entity",
        ),
        ("families/env/methods/env", GET, "is no dotted scope name that begins with env."),
        ("families/env/methods/env.*", GET, "is no dotted scope name that begins with env."),
        ("families/env/methods/other.get", GET, "is no dotted scope name that begins with env."),
        ("families/env/methods/env.get/entity", "tems", "'tems' is not one of teams, users"),
        ("families/env/methods/env.get/operation", MISSING, "is missing"),
        ("policies", {}, "is not a member that exists here"),
    ],
)
def test_a_fault_is_told_where_it_is_and_nothing_else_is(path, value, text):
    """One mistake gives one line, at the place where it is to be mended."""
    quoted = (name if re.fullmatch(r"[a-z0-9_-]+", name) else json.dumps(name) for name in path.split("/"))

    assert faults(changed(path, value)) == [f"{'.'.join(quoted)}: {text}"]


@pytest.mark.parametrize(
    ("path", "value", "fault"),
    [
        ("operations", ["read", "write", 7], "operations[2]: must be a name"),
        ("operations", ["read", "write", "read"], "operations[2]: 'read' stands here twice"),
        ("entities/A b", "A", "entities: 'A b' must be lower case letters, digits and _"),
        ("families/company/levels", {}, "families.company: must have either levels or methods"),
        (
            "families/company/methods",
            {"company.x": GET},
            "families.company: must have either levels or methods",
        ),
        (
            "families/company/only",
            {"x": ["read"]},
            "families.company.only.x: is not an entity of this family",
        ),
        ("families/company/only", {"teams": []}, "families.company.only.teams: must name at least one"),
        (
            "families/company/only",
            {"teams": ["raed"]},
            "families.company.only.teams: 'raed' is not known here",
        ),
        (
            "families/company/only",
            {"teams": ["write"], "users": ["write"]},
            "families.company.levels.view: allows nothing: `only` takes away all of it",
        ),
        (
            "families/company/levels/plain/aliases",
            ["company_read"],
            "families.company.levels.view.aliases: 'company_read' names another scope already",
        ),
    ],
)
def test_a_fault_below_or_beside_the_change_has_its_own_path(path, value, fault):
    """The line leads to the member that is wrong, not to the table around it."""
    assert faults(changed(path, value)) == [fault]


def test_levels_that_cover_each_other_are_both_told():
    """Two names for one thing are an alias; a circle is a mistake in one of its levels."""
    circle = changed("families/company/levels/view/covers", ["plain"])

    assert faults(circle) == [
        f"families.company.levels.{level}.covers: {CIRCLE}" for level in ("plain", "view")
    ]


def test_all_faults_are_told_at_once():
    """An operator mends a file in one go, not line by line."""
    document = {
        "operations": ["read", "read"],
        "entities": {"teams": ""},
        "families": {
            "company": {
                "entities": ["teams", "tems"],
                "levels": {"plain": {"operations": ["raed"]}, "view": {"operation": ["read"]}},
            },
            "env": {"title": "Env", "methods": {"env.get": {"entity": "team"}}},
        },
    }

    assert faults(document) == [
        "entities.teams: must be 1 to 255 printable characters without blanks at the ends",
        "families.company.entities: 'tems' is not known here",
        "families.company.levels.plain.operations: 'raed' is not known here",
        "families.company.levels.view.operation: is not a member that exists here",
        "families.company.levels.view.operations: is missing",
        "families.company.title: is missing",
        "families.env.methods.\"env.get\".entity: 'team' is not one of teams",
        'families.env.methods."env.get".operation: is missing',
        "operations[1]: 'read' stands here twice",
    ]


def test_a_refused_document_has_a_stable_code():
    """The code is API, the lines are for people."""
    with pytest.raises(CatalogueInvalid) as refused:
        ScopeCatalogue.from_document({"operations": 1, "families": []})

    assert refused.value.code == "catalogue_invalid"
    assert str(refused.value) == "families: must be a table\noperations: must be a list of names"
