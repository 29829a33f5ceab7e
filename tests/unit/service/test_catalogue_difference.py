"""What one catalogue changes about another, and the tombstones it leaves."""

import copy
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from safeconduct.document import CatalogueInvalid

from service.domain.catalogue import CatalogueDocument
from service.domain.catalogue_difference import Change, difference

ROOT = Path(__file__).resolve().parents[3]
ISSUER = "https://tokens.example"
SHIPPED = CatalogueDocument.from_toml((ROOT / "service" / "catalogue.toml").read_text(), issuer=ISSUER)


def altered(alter, catalogue=SHIPPED):
    document = copy.deepcopy(catalogue.to_document())
    alter(document)
    return CatalogueDocument.from_document(document)


def told(new, old=SHIPPED):
    return [str(change) for change in difference(old, new)]


def without_view_of_embed(document):
    plain, manage = (document["families"]["embed"]["levels"][name] for name in ("plain", "manage"))
    del document["families"]["embed"]["levels"]["view"], manage["covers"]
    plain["covers"] = ["manage"]
    for each in document["sets"]:
        each["scopes"] = [name for name in each["scopes"] if name != "embed:view"]


def test_nothing_changes_between_equal_catalogues():
    """A second apply of the same file is silent."""
    assert difference(SHIPPED, altered(lambda _: None)) == ()


def test_a_first_catalogue_adds_everything():
    """A first start shows the whole of it as added, but for what has defaults."""
    changes = difference(CatalogueDocument(), SHIPPED)

    assert {change.kind for change in changes} == {"added"}
    assert {change.what for change in changes} == {
        "family",
        "scope",
        "operation",
        "entity",
        "set",
        "audience",
    }


def test_a_policy_change_is_told_with_both_values():
    """The audit can be read without the files."""
    new = altered(lambda document: document["policy"].update(max_lifetime_days=90, allow_no_expiration=False))

    assert told(new) == [
        "changed policy allow_no_expiration: true → false",
        "changed policy max_lifetime_days: 365 → 90",
    ]
    assert difference(SHIPPED, new)[1] == Change(
        kind="changed", what="policy", name="max_lifetime_days", was=365, now=90
    )


def test_a_level_that_gains_an_operation_is_told_as_an_edit_and_as_what_it_does():
    """Live tokens hold the scope: their new reach must be seen before it is put in force."""

    def alter(document):
        document["families"]["embed"]["levels"]["view"]["operations"] = ["create", "read"]

    assert told(altered(alter)) == [
        "changed family embed: levels.view.operations read → create, read",
        'changed scope embed:view: allows "read Embeds" → "create and read Embeds"',
    ]


def test_a_scope_that_stops_covering_another_is_told():
    """It may allow the same as before and still be refused where the other is asked for."""

    def alter(document):
        del document["families"]["embed"]["levels"]["manage"]["covers"]

    assert told(altered(alter)) == [
        "changed family embed: levels.manage.covers view → nothing",
        "changed scope embed:manage: covers embed:view → nothing",
    ]


def test_sets_audiences_and_grants_are_told():
    """Each by its own name."""

    def alter(document):
        document["sets"][0]["scopes"] = ["embed:view"]
        document["sets"].append({"name": "Embed", "scopes": ["embed"]})
        document["audiences"][0]["reports_use"] = True
        document["audiences"].append({"id": "reports", "name": "Reports"})
        document["grants"]["default"] = ["embed"]

    assert told(altered(alter)) == [
        "added set Embed",
        f"changed set Read only: {', '.join(SHIPPED.sets[0].scopes)} → embed:view",
        f"changed audience {ISSUER}/api: reports_use false → true",
        "added audience reports",
        'changed grant default: "everything" → embed',
    ]


def test_another_order_is_told_where_people_see_it():
    """The first set is the one preselected."""
    new = altered(lambda document: document["sets"].reverse())

    assert told(new) == ["changed order of sets: Read only, Read and change → Read and change, Read only"]


def test_a_family_that_comes_and_goes_is_told_with_its_scopes():
    """An addition and its undoing mirror each other."""

    def alter(document):
        document["families"]["news"] = {
            "title": "News",
            "entities": ["embeds"],
            "levels": {"view": {"operations": ["read"]}},
        }

    new = altered(alter)

    assert told(new) == ["added family news", "added scope news:view"]
    assert told(SHIPPED, new) == ["removed family news", "removed scope news:view"]


def test_a_removed_scope_is_lost_and_becomes_a_tombstone():
    """Live tokens that hold it can be counted, and the name is remembered with what it allowed."""
    new = altered(without_view_of_embed).after(SHIPPED)

    assert new.lost_from(SHIPPED) == ("embed:view",)
    assert new.retired_scopes == (("embed:view", frozenset({("embeds", "read")})),)
    assert "removed scope embed:view" in told(new)
    assert "added retired scope embed:view" in told(new)


def test_a_tombstone_outlives_every_later_catalogue():
    """A file that says nothing of it does not bury it."""
    first = altered(without_view_of_embed).after(SHIPPED)
    second = altered(lambda document: document.update(retired_scopes={}), first).after(first)

    assert second == first


def test_a_retired_name_may_return_with_its_old_meaning():
    """What a token of old would be allowed is what it was; the tombstone is taken away."""
    returned = SHIPPED.after(altered(without_view_of_embed).after(SHIPPED))

    assert returned == SHIPPED


def with_wider_view_of_embed(document):
    document["families"]["embed"]["levels"]["view"]["operations"] = ["read", "delete"]


def with_embed_view_as_an_alias(document):
    without_view_of_embed(document)
    document["families"]["embed"]["levels"]["manage"]["aliases"] = ["embed:view"]


@pytest.mark.parametrize(
    ("alter", "now"),
    [
        (with_wider_view_of_embed, "delete embeds, read embeds"),
        (with_embed_view_as_an_alias, "create embeds, read embeds, update embeds"),
    ],
)
def test_a_retired_name_may_not_return_with_another_meaning(alter, now):
    """Neither as a scope nor as an alias: a token signed long ago must not wake up as something else."""
    retired = altered(without_view_of_embed).after(SHIPPED)

    with pytest.raises(CatalogueInvalid) as refused:
        altered(alter).after(retired)

    (fault,) = refused.value.faults
    assert fault.path == 'retired_scopes."embed:view"'
    assert fault.text.endswith(f"may not return with another meaning: it allowed read embeds; now {now}")


def test_a_scope_may_take_a_new_name_and_leave_the_old_one_as_an_alias():
    """Tokens that hold the old name go on working, so nothing is lost and nothing retired."""

    def rename(document):
        levels = document["families"]["embed"]["levels"]
        levels["see"] = levels.pop("view") | {"aliases": ["embed:view"]}
        levels["plain"]["covers"] = ["manage", "see"]
        levels["manage"]["covers"] = ["see"]

    new = altered(rename).after(SHIPPED)

    assert new.lost_from(SHIPPED) == ()
    assert new.retired_scopes == ()
    assert new.scopes.allows("embed:view", "embeds", "read")
    assert new.sets[0].scopes[-1] == "embed:see"


def test_a_prefix_is_lost_with_its_last_method_but_leaves_no_tombstone():
    """It always means what is under it; its methods are remembered one by one."""

    def with_methods(*names):
        method = {"entity": "embeds", "operation": "read"}
        family = {"title": "Env", "methods": dict.fromkeys(names, method)}
        return altered(lambda document: document["families"].update(env=family))

    old = with_methods("env.control.stop", "env.group.list")
    new = with_methods("env.group.list").after(old)

    assert new.lost_from(old) == ("env.control.*", "env.control.stop")
    assert [name for name, _ in new.retired_scopes] == ["env.control.stop"]


def moved(items, random):
    random.shuffle(items)


EDITS = {
    "policy": lambda document, _: document["policy"].update(confirm="every"),
    "grant": lambda document, _: document["grants"].update(default=["embed"]),
    "no grant": lambda document, _: document["grants"].update(default=[]),
    "set order": lambda document, random: moved(document["sets"], random),
    "set": lambda document, _: document["sets"].pop(),
    "audience": lambda document, _: document["audiences"].append({"id": "b", "name": "B"}),
    "audience name": lambda document, _: document["audiences"][0].update(name="Main"),
    "operation order": lambda document, random: moved(document["operations"], random),
    "entity title": lambda document, _: document["entities"].update(embeds="Widgets"),
    "entity order": lambda document, random: moved(document["families"]["company"]["entities"], random),
    "family title": lambda document, _: document["families"]["embed"].update(title="Widgets"),
    "cap": lambda document, _: document["families"]["automation"]["only"].pop("env_variables", None),
    "alias": lambda document, _: document["families"]["embed"]["levels"]["plain"].update(aliases=["widgets"]),
    "level": lambda document, _: without_view_of_embed(document),
    "level title": lambda document, _: document["families"]["embed"]["levels"]["manage"].update(
        title="Change"
    ),
    "family": lambda document, _: document["families"].update(
        x={"title": "X", "methods": {"x.y": {"entity": "embeds", "operation": "read"}}}
    ),
    "tombstone": lambda document, _: document["retired_scopes"].update({"old": ["read embeds"]}),
}


SMALL = copy.deepcopy(SHIPPED.to_document())
SMALL["families"] = {name: SMALL["families"][name] for name in ("automation", "company", "embed")}
SMALL["sets"] = [
    {"name": "Read only", "scopes": ["company:view", "embed:view"]},
    {"name": "All", "scopes": ["company"]},
    {"name": "Embed", "scopes": ["embed"]},
]


def edited(names, random):
    document = copy.deepcopy(SMALL)
    for name in names:
        EDITS[name](document, random)
    return CatalogueDocument.from_document(document)


edits = st.lists(st.sampled_from(sorted(EDITS)), unique=True)


@given(edits, edits, st.randoms(use_true_random=False))
def test_nothing_changes_unseen(some, others, random):
    """The difference is empty exactly where the two catalogues are equal, and undoing it mirrors it."""
    old, new = edited(some, random), edited(others, random)
    changes = difference(old, new)

    assert (changes == ()) == (old == new) == (old.to_json() == new.to_json())
    assert sorted((change.what, change.name) for change in changes) == sorted(
        (change.what, change.name) for change in difference(new, old)
    )
    assert all(str(change) for change in changes)


@given(edits, edits, st.randoms(use_true_random=False))
def test_a_successor_remembers_all_that_is_gone(some, others, random):
    """Every scope of the old catalogue is known to the new one, or a tombstone, or a prefix of nothing."""
    old, new = edited(some, random), edited(others, random)
    after = new.after(old)

    assert after.scopes == new.scopes
    gone = {name for name in after.lost_from(old) if not name.endswith(".*")}
    assert (
        gone | dict(old.retired_scopes).keys() | dict(new.retired_scopes).keys()
        == dict(after.retired_scopes).keys()
    )
    assert after.after(old) == after
