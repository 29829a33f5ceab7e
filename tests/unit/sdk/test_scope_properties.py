"""What holds of `covers` and `allows` in every catalogue."""

import json

from hypothesis import given
from hypothesis import strategies as st
from safeconduct.catalogue import EXACT, ScopeCatalogue
from safeconduct.scope import is_scope

OPERATIONS = ("create", "read", "update", "delete", "run")
ENTITIES = ("flows", "hooks", "teams", "variables")
LEVELS = ("plain", "manage", "view", "special")

some_operations = st.lists(st.sampled_from(OPERATIONS), min_size=1, unique=True)
some_entities = st.lists(st.sampled_from(ENTITIES), min_size=1, unique=True)
segments = st.lists(st.sampled_from("abc"), min_size=1, max_size=3).map(".".join)


@st.composite
def level_families(draw, name):
    entities = draw(some_entities)
    names = draw(st.lists(st.sampled_from(LEVELS), min_size=1, unique=True))
    levels = {}
    for index, level in enumerate(names):
        later = names[index + 1 :]
        covers = (
            draw(st.lists(st.sampled_from(later), min_size=1, unique=True))
            if later and draw(st.booleans())
            else []
        )
        alias = [f"{name}_{level}_alias"] if draw(st.booleans()) else []
        levels[level] = {"operations": draw(some_operations)}
        levels[level] |= {"covers": covers} if covers else {}
        levels[level] |= {"aliases": alias} if alias else {}
        if draw(st.booleans()):
            levels[level]["entities"] = draw(st.lists(st.sampled_from(entities), min_size=1, unique=True))
    family = {"title": name.title(), "entities": entities, "levels": levels}
    caps = {entity: draw(some_operations) for entity in entities if draw(st.booleans())}
    everywhere = set(OPERATIONS).intersection(*caps.values())
    if caps and all(everywhere & set(level["operations"]) for level in levels.values()):
        family["only"] = caps
    return family


@st.composite
def method_families(draw, name):
    paths = draw(st.lists(segments, min_size=1, max_size=5, unique=True))
    pairs = st.fixed_dictionaries(
        {"entity": st.sampled_from(ENTITIES), "operation": st.sampled_from(OPERATIONS)}
    )
    return {"title": name.title(), "methods": {f"{name}.{path}": draw(pairs) for path in paths}}


@st.composite
def documents(draw):
    families = {
        name: draw(level_families(name))
        for name in draw(st.sampled_from([(), ("alpha",), ("alpha", "beta")]))
    }
    families |= {name: draw(method_families(name)) for name in draw(st.sampled_from([(), ("env",)]))}
    return {
        "operations": list(OPERATIONS),
        "entities": {entity: entity.title() for entity in ENTITIES},
        "families": families,
    }


catalogues = documents().map(ScopeCatalogue.from_document)


def aliases(catalogue):
    return [alias for name in catalogue.scopes() for alias in catalogue.scope(name).aliases]


def allowed(catalogue, granted):
    return {(e, o) for e in ENTITIES for o in OPERATIONS if catalogue.allows(granted, e, o)}


def naively_allowed(document, name):
    """A second reading of the document, by recursion and written without the code under test."""
    family = document["families"].get(name.partition(":")[0])
    if family is None or "levels" not in family:
        methods = document["families"].get("env", {}).get("methods", {})
        under = [
            m for n, m in methods.items() if n == name or (name[-2:] == ".*" and n.startswith(name[:-1]))
        ]
        return {(method["entity"], method["operation"]) for method in under}
    level = family["levels"][name.partition(":")[2] or "plain"]
    own = {
        (entity, operation)
        for entity in level.get("entities", family["entities"])
        for operation in level["operations"]
        if operation in family.get("only", {}).get(entity, OPERATIONS)
    }
    base = name.partition(":")[0]
    covered = [base if other == "plain" else f"{base}:{other}" for other in level.get("covers", [])]
    return own.union(*(naively_allowed(document, other) for other in covered))


@given(catalogues, st.text(min_size=1).filter(lambda text: " " not in text))
def test_covers_is_reflexive(catalogue, unknown):
    """Who holds a scope holds it: known, by an alias, or gone from the catalogue."""
    for name in (*catalogue.scopes(), *aliases(catalogue), unknown):
        assert catalogue.covers(name, name)


@given(catalogues)
def test_covers_is_transitive_and_of_two_scopes_only_one_covers_the_other(catalogue):
    """A chain of scopes never ends in more than its beginning, and no two names mean the same."""
    names = catalogue.scopes()
    reach = {name: {other for other in names if catalogue.covers(name, other)} for name in names}

    for name in names:
        assert reach[name] == set().union(*(reach[other] for other in reach[name]))
        assert all(other == name or name not in reach[other] for other in reach[name])


@given(catalogues)
def test_whoever_covers_a_scope_is_allowed_all_that_it_allows(catalogue):
    """The two questions never contradict each other."""
    may = {name: allowed(catalogue, name) for name in catalogue.scopes()}

    for name, more in may.items():
        for other, less in may.items():
            assert not catalogue.covers(name, other) or less <= more


@given(catalogues, st.data())
def test_more_scopes_never_hold_or_allow_less(catalogue, data):
    """Both questions are monotone in what is granted."""
    names = st.lists(st.sampled_from([*catalogue.scopes(), *aliases(catalogue), "unknown"]), unique=True)
    some, more = data.draw(names), data.draw(names)

    for wanted in catalogue.scopes():
        assert not catalogue.covers(some, wanted) or catalogue.covers([*some, *more], wanted)
    assert allowed(catalogue, some) | allowed(catalogue, more) == allowed(catalogue, [*some, *more])


@given(documents())
def test_a_scope_allows_what_the_document_says(document):
    """The tables made at the start agree with a reading of the document without them."""
    catalogue = ScopeCatalogue.from_document(document)

    for name in catalogue.scopes():
        assert allowed(catalogue, name) == naively_allowed(document, name)
        assert catalogue.scope(name).allows == allowed(catalogue, name)


@given(catalogues)
def test_a_scope_lists_what_it_covers(catalogue):
    """What a page shows of a scope is what `covers` answers."""
    for name in catalogue.scopes():
        covered = {other for other in catalogue.scopes() if other != name and catalogue.covers(name, other)}
        assert catalogue.scope(name).covers == covered


@given(catalogues)
def test_a_catalogue_only_adds_to_what_names_say(catalogue):
    """A verifier that knows no catalogue never accepts what one that knows it refuses."""
    for name in catalogue.scopes():
        for other in catalogue.scopes():
            assert catalogue.covers(name, other) or not EXACT.covers(name, other)


@given(catalogues)
def test_every_name_of_a_catalogue_is_of_the_grammar(catalogue):
    """Also the prefixes that nobody wrote down."""
    assert all(is_scope(name) for name in (*catalogue.scopes(), *aliases(catalogue)))


@given(catalogues, st.data())
def test_reducing_loses_nothing_and_keeps_nothing_needless(catalogue, data):
    """The reduced list covers the same, and no member of it covers another."""
    names = data.draw(st.lists(st.sampled_from(catalogue.scopes()))) if catalogue.scopes() else []
    reduced = catalogue.reduced(names)

    assert catalogue.beyond(reduced, names) == ()
    assert all(not catalogue.covers(set(reduced) - {name}, name) for name in reduced)
    assert allowed(catalogue, reduced) == allowed(catalogue, names)


@given(catalogues)
def test_a_catalogue_survives_its_document(catalogue):
    """Dumped and read again it is equal, also by way of JSON."""
    text = json.dumps(catalogue.to_document(), sort_keys=True)

    assert ScopeCatalogue.from_document(json.loads(text)) == catalogue
