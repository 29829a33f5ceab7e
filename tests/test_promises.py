"""The page of promises is what the tests say of themselves."""

import ast

import pytest

from tests.tools.promises import ROOT, keepers, named_in, page, promises, told_by


def test_the_page_of_promises_is_what_the_tests_say() -> None:
    """Whoever adds a test that keeps a promise writes the page anew: `make pages`."""
    assert (ROOT / "docs" / "promises.md").read_text("utf-8") == page()


def test_every_number_that_a_test_names_is_a_promise() -> None:
    """A slip of the pen would credit a promise that nobody made."""
    known = {number for group in promises().values() for number in group}

    assert set(keepers()) - known == set()


@pytest.mark.parametrize(
    ("docstring", "numbers"),
    [
        ("Whatever happens (R31, K22).", ["R31", "K22"]),
        ("Threats 24, 27 and 30: no.", ["threats 24", "threats 27", "threats 30"]),
        ("Threat 9, S37; L33", ["S37", "L33", "threats 9"]),
        ("RS256, ES256, SHA-1 and 2R1 are none.", []),
    ],
)
def test_numbers_are_read_as_they_are_written(docstring: str, numbers: list[str]) -> None:
    """In brackets, in lists and at the beginning of a sentence."""
    assert named_in(docstring) == numbers


def test_steps_of_a_state_machine_are_tests() -> None:
    """A rule and an invariant hold promises as well; a helper does not."""
    source = '@invariant()\ndef holds():\n    "K1"\n@st.rule(x=1)\nasync def acts():\n    "K2"\ndef helps():\n    "K3"'

    assert list(told_by(ast.parse(source))) == [("holds", "K1"), ("acts", "K2")]
