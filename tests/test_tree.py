"""What the style of this tree promises, read off its files; each failure names all offenders at once."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SHIPPED = ("service", "keys", "sql", "sdk/safeconduct")
OURS = (*SHIPPED, "tests", "bench", "examples")

LONGEST_MODULE = 250  # lines
LONGEST_FUNCTION = 40  # lines
SAYS_NOTHING = re.compile(r"(utils?|helpers?|misc|common)\.py")
SQL_VERB = re.compile(r"\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM)\b")
AMBIENT = {
    "time.time",
    "time.time_ns",
    "datetime.now",
    "datetime.utcnow",
    "date.today",
    "os.environ",
    "os.getenv",
}
MAY_READ_AMBIENT = re.compile(
    r"service/(clock|settings|cli)\.py|service/cli/.*|sdk/safeconduct/(.*/)?(clock|__main__)\.py"
)
MAY_BE_A_LIST = re.compile(r"service/wiring/__init__\.py")
UNPROVEN = {"skip", "skipif", "xfail", "importorskip"}
ANOTHER_INDEX = re.compile(
    r"https?://|--(extra-)?index-url|--find-links|--trusted-host|^-[if]\b", re.MULTILINE
)

Function = ast.FunctionDef | ast.AsyncFunctionDef


def _modules(*folders: str) -> list[Path]:
    found = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    return [path for path in found if "node_modules" not in path.parts]


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _functions(tree: ast.AST) -> Iterator[Function]:
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def long_functions(tree: ast.AST) -> list[str]:
    """Functions that do not fit on one screen, with their line counts."""
    sizes = {f"{node.lineno} {node.name}": node.end_lineno - node.lineno + 1 for node in _functions(tree)}
    return [f"{place} has {size} lines" for place, size in sizes.items() if size > LONGEST_FUNCTION]


def sql_in_strings(tree: ast.AST) -> list[str]:
    """String constants that begin like a statement, whole or as a part of an f-string."""
    strings = [
        node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    return [f"{node.lineno} {node.value[:40]!r}" for node in strings if SQL_VERB.match(node.value)]


def ambient_reads(tree: ast.AST) -> list[str]:
    """Where the wall clock or the environment is read, as `time.time` or by `from time import time`."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name | ast.Attribute):
            owner = node.value.id if isinstance(node.value, ast.Name) else node.value.attr
            found.append((node.lineno, f"{owner}.{node.attr}"))
        elif isinstance(node, ast.ImportFrom):
            found += [(node.lineno, f"{node.module}.{alias.name}") for alias in node.names]
    return [f"{line} {name}" for line, name in found if name in AMBIENT]


def unpromising_tests(tree: ast.AST) -> list[str]:
    """Test functions without a docstring."""
    named = [node for node in _functions(tree) if node.name.startswith("test_")]
    return [f"{node.lineno} {node.name}" for node in named if not ast.get_docstring(node)]


def unproven_marks(tree: ast.AST) -> list[str]:
    """Marks and calls by which pytest would not run a test, or not mind its failure."""
    marks = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr in UNPROVEN]
    return [f"{node.lineno} {ast.unparse(node)}" for node in marks if ast.unparse(node).startswith("pytest.")]


def _offenders(find: object, *folders: str, exempt: re.Pattern[str] | None = None) -> list[str]:
    modules = [path for path in _modules(*folders) if not (exempt and exempt.fullmatch(_name(path)))]
    return [f"{_name(path)}:{fault}" for path in modules for fault in find(ast.parse(path.read_text()))]


def _assert_none(offenders: list[str]) -> None:
    assert not offenders, "\n".join(["", *offenders])


def test_no_module_is_two_things() -> None:
    """A module holds one idea: 250 lines at most."""
    sizes = {_name(path): len(path.read_text().splitlines()) for path in _modules(*SHIPPED)}

    _assert_none([f"{name} has {size} lines" for name, size in sizes.items() if size > LONGEST_MODULE])


def test_every_function_fits_on_a_screen() -> None:
    """A function has 40 lines at most, docstring included; only the list of what a process is made of is one list."""
    _assert_none(_offenders(long_functions, *SHIPPED, exempt=MAY_BE_A_LIST))


def test_every_module_has_a_name_that_says_something() -> None:
    """What lies in utils, helpers, misc or common is found by nobody."""
    _assert_none([_name(path) for path in _modules(*OURS) if SAYS_NOTHING.fullmatch(path.name)])


def test_all_sql_lies_in_sql() -> None:
    """A database administrator reads one folder; no statement hides in a Python string."""
    _assert_none(_offenders(sql_in_strings, *SHIPPED))


def test_the_clock_and_the_environment_are_read_in_one_place_each() -> None:
    """Time and settings are arguments everywhere else, so that a test can turn them."""
    _assert_none(_offenders(ambient_reads, *SHIPPED, exempt=MAY_READ_AMBIENT))


def test_every_test_states_its_promise() -> None:
    """The docstring of a test says what its user may rely on."""
    _assert_none(_offenders(unpromising_tests, "tests"))


def test_no_test_is_skipped_or_expected_to_fail() -> None:
    """A missing piece is an error that names it; a broken promise is red."""
    _assert_none(_offenders(unproven_marks, "tests"))


def test_no_two_migrations_have_one_number() -> None:
    """0001, 0002 and so on, each once: two people who add one at the same time find out before anybody else."""
    numbers = [int(path.name[:4]) for path in sorted((ROOT / "sql" / "migrations").glob("*.sql"))]

    assert numbers == list(range(1, len(numbers) + 1))


def test_the_lock_files_name_no_registry() -> None:
    """Hashes pin what is installed; where it comes from is for each machine to say."""
    lock = "tests/node/package-lock.json"
    locks = [lock, *(_name(path) for path in (ROOT / "requirements").iterdir())]
    text = {name: (ROOT / name).read_text() for name in locks}
    offenders = [name for name in locks if name != lock and ANOTHER_INDEX.search(text[name])]

    _assert_none([*offenders, *([lock] if '"resolved"' in text[lock] else [])])
    assert not (ROOT / "uv.lock").exists()


@pytest.mark.parametrize(
    ("find", "offence"),
    [
        (long_functions, "async def f():\n" + "    await g()\n" * LONGEST_FUNCTION),
        (sql_in_strings, "q = '''\n  SELECT 1'''"),
        (sql_in_strings, "q = f'UPDATE {table} SET x = 1'"),
        (ambient_reads, "import time\nnow = time.time()"),
        (ambient_reads, "import datetime\nnow = datetime.datetime.now(tz)"),
        (ambient_reads, "from time import time"),
        (ambient_reads, "import os\npath = os.environ['X']"),
        (unpromising_tests, "class TestX:\n    async def test_y(self): pass"),
        (unproven_marks, "@pytest.mark.skipif(True, reason='')\ndef test_x(): pass"),
        (unproven_marks, "def test_x():\n    pytest.skip('no server')"),
    ],
)
def test_an_offence_is_found(find: object, offence: str) -> None:
    """A rule that nothing can break holds nothing: each one is seen to break."""
    assert len(find(ast.parse(offence))) == 1


@pytest.mark.parametrize(
    ("find", "innocent"),
    [
        (long_functions, "def f():\n" + "    g()\n" * (LONGEST_FUNCTION - 1)),
        (sql_in_strings, 'def f():\n    """Update the row; SELECT is not at the start."""'),
        (ambient_reads, "import time\nnow = time.monotonic()"),
        (unpromising_tests, 'def test_x():\n    """Holds."""'),
        (unproven_marks, "rows.skip(1)"),
    ],
)
def test_an_innocent_is_left_alone(find: object, innocent: str) -> None:
    """A rule that cries wolf gets switched off."""
    assert find(ast.parse(innocent)) == []
