import pytest

from service.logs import redact_event
from service.redaction import REDACTED


@pytest.mark.parametrize(
    "name", ["password", "Authorization", "client_secret", "Cookie", "master_key", "token"]
)
def test_a_member_that_is_called_secret_is_not_written(name: str) -> None:
    """Free text cannot be recognised, but its name can, however deep it stands."""
    event = redact_event(None, "info", {name: "free text", "below": {"list": [{name: ["free text"]}]}})

    assert event == {name: REDACTED, "below": {"list": [{name: REDACTED}]}}


def test_a_key_is_called_by_its_whole_thumbprint() -> None:
    """A thumbprint looks like a secret and is none: operators search for it."""
    kid = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"

    assert redact_event(None, "info", {"kid": kid, "other": kid}) == {"kid": kid, "other": "NzbL…"}


def test_what_is_no_text_is_written_as_text() -> None:
    """An object's repr goes through the same hands; numbers and truth stay what they are."""

    class Opaque:
        def __repr__(self) -> str:
            return "<Bearer abcdefgh.ijkl\x1b[2J>"

    event = redact_event(None, "info", {"a": Opaque(), "n": 1.5, "t": True, "none": None})

    assert event == {"a": "<Bearer [redacted]\\x1b[2J>", "n": 1.5, "t": True, "none": None}
