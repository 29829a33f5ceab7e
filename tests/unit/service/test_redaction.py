import pytest

from service.redaction import redact

JWT = "eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCJ9.eyJpc3MiOiJ4In0.c2lnbmF0dXJl"
SESSION = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNO_-"
CLIENT = "abcdefghijklmnopqrstuvwxyz234567abcdefghijklmnopqrst"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (f"token {JWT} is dead", "token [redacted] is dead"),
        (f"'{JWT}'", "'[redacted]'"),
        (JWT[:60], "[redacted]"),
        (JWT.rpartition(".")[0], "[redacted]"),
        ("sct_0123456789abcdef", "[redacted]"),
        ("Authorization: Bearer abc.def~1", "Authorization: Bearer [redacted]"),
        ("{'Authorization': 'basic eDp5eDp5'}", "{'Authorization': 'basic [redacted]'}"),
        (f"secret={SESSION}", "secret=abcd…"),
        (f"{CLIENT}.", "abcd…."),
        ("postgresql://bob:hunter2@db/x", "postgresql://[redacted]@db/x"),
    ],
)
def test_what_looks_secret_is_taken_out(text: str, kept: str) -> None:
    """Tokens, credentials and passwords go whole; a random word leaves four characters to tell it by."""
    assert redact(text) == kept


@pytest.mark.parametrize(
    "text",
    [
        "no such token",
        "00000000-0000-4000-8000-000000000000",
        "0123456789abcdef0123456789abcdef",
        "https://tokens.example.com/v1/personal-access-tokens",
        "automation:webhook_run",
        "the bearer of good news",
    ],
)
def test_what_is_not_secret_stays(text: str) -> None:
    """A log that says nothing helps nobody."""
    assert redact(text) == text
