"""Which test keeps which promise: `python -m tests.tools.promises > docs/promises.md`.

Read off the tests' own docstrings, which name a promise by its number (R1, K1, F1, L1, S1, threats 12).
"""

import ast
import re
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

TESTS: Final = Path(__file__).resolve().parents[1]
ROOT: Final = TESTS.parent
HEADINGS: Final = {
    "reliability": "Reliability and security",
    "keys": "The life of keys",
    "faults": "Faults that are withstood",
    "lessons": "Lessons from the failures of others",
    "standards": "Demands of the standards",
    "threats": "Rules found by attacking the design",
}
_NUMBERS = re.compile(r"\b([RKFLS][0-9]{1,2})\b")
_THREATS = re.compile(r"\b[Tt]hreats? ([0-9]+(?:(?:, | and )[0-9]+)*)")
_STEPS = {"rule", "invariant"}
"""What a Hypothesis state machine is made of: tests in all but name."""

Promises = Mapping[str, Mapping[str, str]]


def promises() -> Promises:
    """Group by group, each promise's title by its number; those of threats are called `threats 1`."""
    groups = tomllib.loads((TESTS / "promises.toml").read_text("utf-8"))
    threats = {f"threats {number}": title for number, title in groups["threats"].items()}
    return {**groups, "threats": threats}


def named_in(docstring: str) -> list[str]:
    """The numbers that a docstring names, in order."""
    threats = [number for match in _THREATS.finditer(docstring) for number in re.findall("[0-9]+", match[1])]
    return [*_NUMBERS.findall(docstring), *(f"threats {number}" for number in threats)]


def told_by(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Name and docstring of each test, also of the steps of a state machine."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (_is_test(node)):
            yield node.name, ast.get_docstring(node) or ""


def _is_test(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    decorators = {ast.unparse(each).partition("(")[0].rpartition(".")[2] for each in node.decorator_list}
    return node.name.startswith("test_") or not _STEPS.isdisjoint(decorators)


def keepers() -> dict[str, list[tuple[str, str]]]:
    """For each number that some test names: (file, test) in the order of the tree."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for path in sorted(TESTS.rglob("test_*.py")):
        for name, docstring in told_by(ast.parse(path.read_text("utf-8"))):
            for number in dict.fromkeys(named_in(docstring)):
                found[number].append((path.relative_to(ROOT).as_posix(), name))
    return found


def page() -> str:
    """`docs/promises.md`, whole."""
    groups, kept = promises(), keepers()
    every = [number for group in groups.values() for number in group]
    lines = [
        "# What is promised, and which test shows it",
        "",
        "Made by `python -m tests.tools.promises` from the tests' docstrings and `tests/promises.toml`; a test keeps",
        "the two equal.",
        "",
        f"{len(every)} promises, {len(kept.keys() & set(every))} of them named by tests. One that is not may be kept",
        "all the same, by tests that do not name it; or it is for a feature that is not there:",
        f"{', '.join(number for number in every if number not in kept)}.",
    ]
    for group, titles in groups.items():
        lines += ["", f"## {HEADINGS[group]}", "", "| | promise | tests |", "|---|---|---|"]
        lines += [
            f"| {number} | {title} | {_cell(kept.get(number, []))} |" for number, title in titles.items()
        ]
    return "\n".join(lines) + "\n"


def _cell(tests: list[tuple[str, str]]) -> str:
    """File by file, its tests in words."""
    by_file: dict[str, list[str]] = defaultdict(list)
    for path, name in tests:
        by_file[path].append(name.removeprefix("test_").replace("_", " "))
    return (
        "<br>".join(f"`{path}`: {'; '.join(names)}" for path, names in by_file.items()) or "*named by none*"
    )


if __name__ == "__main__":
    sys.stdout.write(page())
