"""What each consumer was seen to do, by its own log, told at the end of a run."""

from collections import defaultdict
from collections.abc import Iterator

import pytest

COLUMNS = ("accepts good", "refuses bad", "notices rotation", "notices revocation")
_SEEN: dict[str, dict[str, str]] = defaultdict(dict)


@pytest.fixture
def seen() -> Iterator[dict[str, dict[str, str]]]:
    """Consumer → column → what was seen."""
    return _SEEN


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not _SEEN:
        return
    terminalreporter.section("consumers")
    terminalreporter.write_line("".join(f"{title:<24}" for title in ("consumer", *COLUMNS)))
    for consumer, columns in sorted(_SEEN.items()):
        told = [columns.get(column, "not seen") for column in COLUMNS]
        terminalreporter.write_line("".join(f"{word:<24}" for word in (consumer, *told)))
