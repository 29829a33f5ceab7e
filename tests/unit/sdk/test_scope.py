"""Scope names by themselves, without a catalogue."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from safeconduct.scope import LONGEST_SCOPE, covers_by_name, is_scope, prefixes, scope_names

SCOPE_TOKEN = [chr(c) for c in range(0x21, 0x7F) if chr(c) not in '"\\']  # RFC 6749 section 3.3


@pytest.mark.parametrize(
    "name",
    [
        "connectors",
        "connectors:view",
        "connector_auth",
        "automate-functions:read",
        "environment.control.stopenv",
        "environment.control.*",
        "environment.*",
        "admin!#$%&'()+,-/;<=>?@[]^_`{|}~",
        "x" * LONGEST_SCOPE,
    ],
)
def test_a_name_of_the_grammar_is_a_scope(name):
    """A name, a name with a level, a dotted method and a prefix are all that a catalogue may hold."""
    assert is_scope(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "*",
        ".*",
        "environment*",
        "environment.control.*.stopenv",
        "environment.cont*",
        "*.control",
        "connectors:*",
        "connectors*:view",
        "environment.*:view",
        "environment.control:view",
        "environment..stopenv",
        ".environment",
        "environment.",
        "connectors:",
        ":view",
        "connectors:view:more",
        "two words",
        "connectors ",
        "tab\there",
        "line\n",
        'quo"te',
        "back\\slash",
        "repo:read\u00a0admin",
        "größe",
        "delete\x7f",
        "null\x00",
        "x" * (LONGEST_SCOPE + 1),
    ],
)
def test_anything_else_is_no_scope(name):
    """`*` stands only as the last dotted segment and never alone; no other characters, no empty part."""
    assert not is_scope(name)


@given(
    st.text(st.sampled_from([c for c in SCOPE_TOKEN if c not in "*.:"]), min_size=1, max_size=LONGEST_SCOPE)
)
def test_every_character_of_a_scope_token_may_stand_in_a_name(name):
    """RFC 6749 section 3.3 names the characters; none of them is lost but the three that mean something."""
    assert is_scope(name)


@given(st.characters(exclude_characters="".join(SCOPE_TOKEN)))
def test_no_character_outside_a_scope_token_may_stand_in_a_name(character):
    """Whatever Unicode offers that looks alike stays out."""
    assert not is_scope(f"a{character}b")


def test_a_prefix_covers_what_is_under_it_and_the_prefixes_under_it():
    """`environment.*` stands for everything that begins with `environment.`."""
    assert covers_by_name("environment.*", "environment.control.stopenv")
    assert covers_by_name("environment.*", "environment.control.*")
    assert covers_by_name("environment.control.*", "environment.control.*")


@pytest.mark.parametrize(
    ("granted", "wanted"),
    [
        ("environment.control.*", "environment.*"),
        ("environment.control.*", "environment.controlled.stopenv"),
        ("environment.control.*", "environment.control"),
        ("environment.*", "environment"),
        ("environment.control.stopenv", "environment.control.*"),
        ("environment.control.stopenv", "environment.control.stopenvs"),
        ("admin", "Admin"),
        ("connectors", "connectors:view"),
        ("", ""),
    ],
)
def test_a_name_covers_nothing_that_is_only_like_it(granted, wanted):
    """Names are compared byte for byte and dotted segment by segment."""
    assert not covers_by_name(granted, wanted)


def test_prefixes_are_told_widest_first():
    """A method is under each of its prefixes, and is none itself."""
    assert list(prefixes("environment.control.stopenv")) == ["environment.*", "environment.control.*"]
    assert list(prefixes("connectors")) == []


def test_a_claim_is_split_at_single_spaces_only():
    """No other blank parts two names, so no name can be smuggled in beside another."""
    assert scope_names("connectors embed:view") == ["connectors", "embed:view"]
    assert scope_names("repo:read\u00a0admin\tall") == ["repo:read\u00a0admin\tall"]
    assert scope_names(("connectors",)) == ("connectors",)
