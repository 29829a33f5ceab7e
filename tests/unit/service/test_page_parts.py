from datetime import UTC, date
from zoneinfo import ZoneInfo

import pytest

from service.ui.admin_policy import policy_of
from service.ui.admin_tokens import csv_lines
from service.ui.assets import AssetMissing, Assets
from service.ui.brand import accent_sheet, contrast
from service.ui.days import NoSuchDay, end_of, last_day, read_day, start_of
from service.ui.next_page import safe_next
from service.web.page_forms import Form

BERLIN = ZoneInfo("Europe/Berlin")
ELSEWHERE = [
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "https://evil.example/",
    "javascript:alert(1)",
    "/%09/evil.example",
    "/\t/evil.example",
    "/x\r\nLocation: https://evil.example",
    "evil.example",
    "/.evil/../..//evil.example",
    "/tokens/../../x",
    "/tokens?next=\u2028",
    "http:/tokens",
    "/" + "a" * 3_000,
    "",
]


@pytest.mark.parametrize("wanted", ELSEWHERE)
def test_after_signing_in_nobody_is_sent_elsewhere(wanted: str) -> None:
    """The corpus of redirects that lead away ends at the start page (S31)."""
    assert safe_next(wanted) == "/"


@pytest.mark.parametrize("wanted", ["/", "/tokens", "/tokens?search=a+b&state=active", "/tokens/1-2/edit"])
def test_after_signing_in_people_are_where_they_wanted_to_be(wanted: str) -> None:
    """A page of ours is kept as it was asked for."""
    assert safe_next(wanted) == wanted


def test_the_day_is_included_where_people_are() -> None:
    """31-12-2026 in Berlin ends at 2026-12-31T23:00:00Z, and reads as that day again (pages.md section 1)."""
    end = end_of(read_day("31-12-2026"), BERLIN)

    assert end == 1_798_758_000
    assert last_day(end, BERLIN) == date(2026, 12, 31)
    assert start_of(date(2026, 12, 31), UTC) == 1_798_675_200


@pytest.mark.parametrize("typed", ["2026-12-31", "31.12.2026", "31/12/2026", " 31-12-2026 "])
def test_a_day_may_be_typed_in_several_ways(typed: str) -> None:
    """As people write it, and as a date field sends it."""
    assert read_day(typed) == date(2026, 12, 31)


@pytest.mark.parametrize(
    "typed", ["31-02-2027", "0-1-2027", "12-31-2026", "٣١-١٢-٢٠٢٦", "tomorrow", "", "1-1-27"]
)
def test_a_day_that_does_not_exist_is_none(typed: str) -> None:
    """February has no 31st, and nothing is guessed."""
    with pytest.raises(NoSuchDay):
        read_day(typed)


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "\tx", "\rx", '=HYPERLINK("x")'])
def test_no_cell_of_a_csv_is_a_formula(cell: str) -> None:
    """An apostrophe stands before what a spreadsheet would calculate, and every cell is quoted (threats 36)."""
    line = csv_lines([(cell, "plain")]).decode()

    assert line.startswith("\"'")
    assert line.endswith('"plain"\r\n')


@pytest.mark.parametrize("accent", ["#ffff00", "#000000", "#ffffff", "#0f6a67", "#ff0000"])
def test_any_accent_of_an_operator_can_be_read(accent: str) -> None:
    """Moved towards black or white until its contrast is 4.5 in both schemes (WCAG 1.4.3)."""
    sheet = accent_sheet(accent)
    day, night = (part.partition("--accent:")[2][:7] for part in sheet.split("@media"))

    assert contrast(day, "#ffffff") >= 4.5
    assert contrast(night, "#12161d") >= 4.5


@pytest.mark.parametrize("accent", ["", "red", "#12345", "#fff}body{display:none", "#gggggg"])
def test_what_is_no_colour_becomes_no_style(accent: str) -> None:
    """Nothing from the settings gets into the style sheet but a colour."""
    assert accent_sheet(accent) == ""


def test_a_script_is_named_after_the_scripts_that_it_imports(tmp_path) -> None:
    """A change of a script changes the name of every script that leads to it, so that no cache mixes two versions."""
    (tmp_path / "a.js").write_text('import "./b.js";')
    (tmp_path / "b.js").write_text("export const x = 1;")
    before = Assets(tmp_path)
    (tmp_path / "b.js").write_text("export const x = 2;")
    after = Assets(tmp_path)

    assert before.served_name("a.js") != after.served_name("a.js")
    body = after.find(after.served_name("a.js")).body.decode()
    assert after.served_name("b.js") in body
    with pytest.raises(AssetMissing):
        after.served_name("c.js")


def test_the_policys_form_says_only_what_was_filled_in() -> None:
    """An empty field for a kind of user is no exception; a number that is none stays to be refused."""
    form = Form(
        [
            ("max_lifetime_days", "60"),
            ("machines.max_lifetime_days", ""),
            ("administrators.max_lifetime_days", "x"),
            ("allow_no_expiration", "no"),
            ("confirm", "window"),
            ("confirm_seconds", "120"),
            ("second_factor", "all"),
        ]
    )

    assert policy_of(form) == {
        "max_lifetime_days": 60,
        "allow_no_expiration": False,
        "confirm": 120,
        "second_factor": "all",
        "administrators": {"max_lifetime_days": "x"},
        "machines": {},
    }
