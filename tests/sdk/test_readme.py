"""The SDK's README: its lines run as they stand, and the bounds it states are those that are printed."""

import re
import textwrap
import time
from pathlib import Path

import pytest
from safeconduct import DEFAULT, LENIENT, STRICT, errors
from safeconduct.profiles import Profile, in_words

from tests.sdk.issuer import AUDIENCE, TestIssuer

ROOT = Path(__file__).parents[2]
README = (ROOT / "sdk" / "README.md").read_text("utf-8")
DETAILS = (ROOT / "docs" / "verifier.md").read_text("utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
EXAMPLES = {
    "FastAPI": "api_fastapi.py",
    "aiohttp": "api_aiohttp.py",
    "Flask": "api_flask.py",
    "Django": "api_django.py",
}


def spaceless(text: str) -> str:
    return re.sub(r"\s+", "", text)


async def test_the_first_lines_run(issuer: TestIssuer, capsys: pytest.CaptureFixture[str]) -> None:
    """The six lines, with this issuer's address, against a running issuer."""
    issuer.time.wall = time.time()
    text = (
        BLOCKS[0]
        .replace("https://tokens.example.com", issuer.url)
        .replace("https://api.example.com", AUDIENCE)
    )
    assert len([line for line in text.splitlines() if line]) <= 6
    scope: dict = {"bearer": issuer.token(scope="connectors:view")}
    exec(f"async def main(bearer):\n{textwrap.indent(text, '    ')}", scope)  # noqa: S102 - it is what is tested

    await scope["main"](scope["bearer"])

    assert "('connectors:view',)" in capsys.readouterr().out


@pytest.mark.parametrize(("name", "file"), EXAMPLES.items())
def test_the_lines_of_each_framework_are_those_of_its_example(name: str, file: str) -> None:
    """What the README shows is what runs beside a live service: the same calls with the same arguments."""
    example = spaceless((ROOT / "examples" / file).read_text("utf-8"))
    block = README.partition(f"**{name}**")[2].partition("```python\n")[2].partition("```")[0]
    calls = re.findall(r"(?:Bearer|middleware|requires)\([^=]*?\"connectors\"\)", block)
    settings = re.findall(r"\[\"(safeconduct\.[\w.]+)\"\]", block) if name == "Django" else []

    assert calls or settings
    for call in calls:
        assert spaceless(call) in example
    assert not settings or spaceless(settings[0]) in example


@pytest.mark.parametrize("profile", [STRICT, DEFAULT, LENIENT], ids=lambda profile: profile.name)
def test_the_table_of_profiles_states_what_holds(profile: Profile) -> None:
    """Refresh, staleness and bound, from the very objects."""
    [row] = re.findall(rf"^\| `{profile.name.upper()}` \|.*$", README, re.MULTILINE)
    refresh, staleness, bound = (cell.strip() for cell in row.split("|")[2:5])

    assert refresh == f"{profile.refresh} s"
    assert staleness.startswith({60: "60 s", 900: "900 s", 3600: "an hour"}[profile.max_staleness])
    assert bound == in_words(profile.bound)


def test_every_code_is_documented() -> None:
    """Each reason by which a token may be refused stands in the table of codes."""
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    refusals = [
        kind for kind in kinds if issubclass(kind, errors.InvalidToken) and kind is not errors.InvalidToken
    ]
    codes = {kind.code for kind in refusals} | {
        "several_credentials",
        "insufficient_scope",
        "verifier_unavailable",
    }

    assert {code for code in codes if f"`{code}`" not in DETAILS} == set()


def test_every_link_leads_somewhere() -> None:
    """No page is promised that is not there."""
    links = [(ROOT / "sdk", link) for link in re.findall(r"\]\((?!https?:)([^)#]+)", README)]
    links += [(ROOT / "docs", link) for link in re.findall(r"\]\((?!https?:)([^)#]+)", DETAILS)]

    assert not [link for folder, link in links if not (folder / link).exists()]
