"""A catalogue of every kind of scope, and what it answers."""

import json

import pytest
from safeconduct.catalogue import EXACT, ScopeCatalogue
from safeconduct.scope import UnknownScope

DOCUMENT = {
    "operations": ["create", "read", "update", "delete", "run", "stop"],
    "entities": {
        "flows": "Flows",
        "hooks": "Webhook Flows",
        "variables": "Env Variables",
        "teams": "Teams",
        "streams": "Streams",
        "environments": "Environments",
    },
    "families": {
        "automation": {
            "title": "Automation",
            "documentation": "https://docs.example/automation",
            "entities": ["flows", "hooks", "variables"],
            "only": {"hooks": ["run"], "variables": ["read"]},
            "levels": {
                "plain": {
                    "operations": ["create", "read", "update", "delete"],
                    "covers": ["view", "webhook_run"],
                },
                "view": {"operations": ["read"], "documentation": "https://docs.example/view"},
                "webhook_run": {"operations": ["run"], "entities": ["hooks"], "aliases": ["webhook_run"]},
            },
        },
        "company": {
            "title": "Company",
            "entities": ["variables", "teams"],
            "levels": {"plain": {"operations": ["create", "read", "update", "delete"]}},
        },
        "streams": {
            "title": "Streams",
            "entities": ["streams"],
            "levels": {
                "read": {"title": "Read streams", "operations": ["read"]},
                "write": {"operations": ["create", "update"]},
            },
        },
        "environment": {
            "title": "Environments",
            "documentation": "https://docs.example/environments",
            "methods": {
                "environment.control.stopenv": {
                    "title": "Stop an environment",
                    "entity": "environments",
                    "operation": "stop",
                    "documentation": "https://docs.example/stopenv",
                },
                "environment.control.getenvs": {"entity": "environments", "operation": "read"},
                "environment.group.create": {"entity": "teams", "operation": "create"},
            },
        },
    },
}


@pytest.fixture(scope="module")
def catalogue():
    return ScopeCatalogue.from_document(DOCUMENT)


def test_scopes_are_listed_by_family_and_name(catalogue):
    """The order is that of the names, so that every replica and every run lists alike."""
    assert catalogue.scopes() == (
        "automation",
        "automation:view",
        "automation:webhook_run",
        "company",
        "environment.*",
        "environment.control.*",
        "environment.control.getenvs",
        "environment.control.stopenv",
        "environment.group.*",
        "environment.group.create",
        "streams:read",
        "streams:write",
    )


def test_a_family_without_a_plain_level_has_no_plain_scope(catalogue):
    """Speckle knows `streams:read` and no `streams`."""
    with pytest.raises(UnknownScope):
        catalogue.canonical("streams")


def test_levels_that_cover_nothing_cover_only_themselves(catalogue):
    """Writing does not include reading unless the catalogue says so."""
    assert not catalogue.covers("streams:write", "streams:read")
    assert not catalogue.allows("streams:write", "streams", "read")
    assert catalogue.allows("streams:write streams:read", "streams", "read")


def test_an_entity_is_reached_through_two_families_each_with_its_own_cap(catalogue):
    """Env Variables belong to `company`; `automation` only reads them."""
    assert catalogue.allows("company", "variables", "delete")
    assert catalogue.allows("automation", "variables", "read")
    assert not catalogue.allows("automation", "variables", "update")


def test_a_special_level_is_covered_only_where_it_is_named(catalogue):
    """Triggering webhooks comes with the plain scope, and with no other level."""
    assert catalogue.covers("automation", "automation:webhook_run")
    assert catalogue.allows("automation", "hooks", "run")
    assert not catalogue.covers("automation:view", "automation:webhook_run")
    assert not catalogue.allows("automation:webhook_run", "flows", "read")


def test_an_alias_is_the_scope_it_names(catalogue):
    """Asked for or held, `webhook_run` is `automation:webhook_run`."""
    assert catalogue.canonical("webhook_run") == "automation:webhook_run"
    assert catalogue.scope("webhook_run").name == "automation:webhook_run"
    assert catalogue.covers("webhook_run", "automation:webhook_run")
    assert catalogue.covers("automation", "webhook_run")
    assert catalogue.allows("webhook_run", "hooks", "run")


def test_a_prefix_covers_its_methods_and_the_prefixes_below(catalogue):
    """What a prefix allows is what everything under it allows."""
    assert catalogue.covers("environment.*", "environment.control.*")
    assert catalogue.covers("environment.control.*", "environment.control.stopenv")
    assert not catalogue.covers("environment.control.*", "environment.group.create")
    assert catalogue.allows("environment.control.*", "environments", "stop")
    assert not catalogue.allows("environment.control.*", "teams", "create")


def test_a_prefix_covers_a_method_this_verifier_has_not_heard_of(catalogue):
    """An older catalogue must not refuse what a newer one signed."""
    assert catalogue.covers("environment.control.*", "environment.control.cloneenv")


def test_a_scope_that_left_the_catalogue_still_covers_itself(catalogue):
    """A token kept until its expiry goes on meaning what its name says, and allows nothing by entity."""
    assert catalogue.covers(["retired:view"], "retired:view")
    assert not catalogue.allows(["retired:view"], "teams", "read")


def test_several_wanted_names_at_once_are_covered_by_nothing(catalogue):
    """`covers` asks for one scope; a list in its place fails closed."""
    assert not catalogue.covers("automation company", "automation company")
    assert not catalogue.covers("automation", "")
    assert not catalogue.covers("", "")


def test_case_and_odd_blanks_give_nothing(catalogue):
    """Attack 55: `Admin` is not `admin`, and a non-breaking space parts no names."""
    assert not catalogue.covers("Automation", "automation")
    assert not catalogue.covers("company\u00a0automation", "automation")
    assert not catalogue.allows("company\tautomation", "flows", "read")


def test_resolving_folds_duplicates_in_the_order_asked(catalogue):
    """A token lists each scope once, under its one name."""
    asked = ["company", "webhook_run", "automation:view", "automation:webhook_run", "company"]

    assert catalogue.resolve(asked) == ("company", "automation:webhook_run", "automation:view")


def test_resolving_names_every_unknown_scope(catalogue):
    """One answer tells all that is wrong with a request."""
    with pytest.raises(UnknownScope) as refused:
        catalogue.resolve(["company", "compny", "automation:admin", "environment.control"])

    assert refused.value.names == ("compny", "automation:admin", "environment.control")
    assert refused.value.code == "unknown_scope"


def test_beyond_names_what_is_not_covered(catalogue):
    """The grant check says which scopes are too many."""
    assert catalogue.beyond("automation", ["automation:view", "company", "webhook_run"]) == ("company",)
    assert catalogue.beyond("automation company", "automation:view company") == ()


def test_reducing_keeps_the_fewest_that_cover_all(catalogue):
    """A token with all rights names no scope that another of its scopes includes."""
    assert catalogue.reduced(catalogue.scopes()) == (
        "automation",
        "company",
        "environment.*",
        "streams:read",
        "streams:write",
    )


def test_a_scope_says_what_it_is(catalogue):
    """Title, words, link and family are enough for a person to decide by."""
    view = catalogue.scope("automation:view")
    stop = catalogue.scope("environment.control.stopenv")
    control = catalogue.scope("environment.control.*")

    assert (view.title, view.family) == ("Automation: view", "automation")
    assert view.words == "read Flows and Env Variables"
    assert view.documentation == "https://docs.example/view"
    assert (stop.title, stop.words) == ("Stop an environment", "stop Environments")
    assert stop.documentation == "https://docs.example/stopenv"
    assert control.title == "Environments: everything under environment.control"
    assert control.words == "read and stop Environments"
    assert control.documentation == "https://docs.example/environments"
    assert catalogue.scope("environment.control.getenvs").title == "environment.control.getenvs"


def test_words_group_the_entities_that_allow_the_same(catalogue):
    """The sentence follows the order in which the family lists its entities."""
    assert catalogue.scope("automation").words == (
        "create, read, update and delete Flows; run Webhook Flows; read Env Variables"
    )


def test_words_of_several_scopes_say_each_thing_once(catalogue):
    """What two scopes allow together is told as one sentence."""
    assert catalogue.in_words("automation:view company") == (
        "read Flows; create, read, update and delete Env Variables and Teams"
    )
    assert catalogue.in_words([]) == "nothing"


def test_a_document_comes_back_canonical(catalogue):
    """Whatever order lists were written in where order means nothing, the document dumped is one."""
    mixed = json.loads(json.dumps(DOCUMENT))
    mixed["families"] = dict(reversed(mixed["families"].items()))
    mixed["families"]["automation"]["levels"]["plain"]["covers"].reverse()
    mixed["families"]["automation"]["levels"]["plain"]["operations"].reverse()

    again = ScopeCatalogue.from_document(mixed)

    assert again == catalogue
    assert json.dumps(again.to_document()) == json.dumps(catalogue.to_document())
    assert ScopeCatalogue.from_document(catalogue.to_document()) == catalogue


def test_a_catalogue_is_a_value(catalogue):
    """Equal catalogues hash alike and nothing about one can be changed."""
    assert hash(ScopeCatalogue.from_document(DOCUMENT)) == hash(catalogue)
    with pytest.raises(AttributeError):
        catalogue.families = ()


def test_without_a_catalogue_a_scope_is_matched_by_its_name():
    """A verifier that was given none still honours equality and dotted prefixes, and nothing else."""
    assert EXACT.covers("connectors embed:view", "embed:view")
    assert EXACT.covers("environment.*", "environment.control.stopenv")
    assert not EXACT.covers("connectors", "connectors:view")
    assert not EXACT.allows("connectors", "connectors", "read")
    assert EXACT.scopes() == ()
