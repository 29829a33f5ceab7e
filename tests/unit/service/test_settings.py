"""Settings: all faults at once, none guessed."""

import pytest

from service.settings import Settings, SettingsInvalid


def test_with_nothing_set_it_serves_this_machine() -> None:
    """The defaults are a whole, working configuration."""
    settings = Settings.from_env({})

    assert settings.issuer == "http://localhost:8080"
    assert settings.effective_database_url == "sqlite:///data/safeconduct.db"


def test_every_fault_is_reported_at_once() -> None:
    """An operator mends a configuration in one go."""
    with pytest.raises(SettingsInvalid) as refused:
        Settings.from_env(
            {
                "SAFECONDUCT_ISSUER": "http://tokens.example.com",
                "SAFECONDUCT_PORT": "eighty",
                "SAFECONDUCT_DATABASE_URL": "mysql://x",
                "SAFECONDUCT_REDIS_URL": "localhost:6379",
                "SAFECONDUCT_ALGORITHM": "HS256",
                "SAFECONDUCT_PREPUBLICATION": "60",
                "SAFECONDUCT_TRUSTED_PROXIES": "10.0.0.0/33",
                "SAFECONDUCT_GATEWAY_BIND": "here",
                "SAFECONDUCT_TYPO": "x",
            }
        )

    text = str(refused.value)
    assert len(refused.value.faults) >= 8
    for word in (
        "ISSUER",
        "PORT",
        "DATABASE_URL",
        "REDIS_URL",
        "HS256",
        "prepublication",
        "TRUSTED_PROXIES",
        "GATEWAY",
        "TYPO",
    ):
        assert word in text


@pytest.mark.parametrize(
    "issuer",
    [
        "http://10.0.0.1",
        "https://tokens.example.com/",
        "https://user@tokens.example.com",
        "https://tokens.example.com?x=1",
        "https://tokens.example.com#x",
        "ftp://tokens.example.com",
        "tokens.example.com",
        "https://[::1",
        "",
    ],
)
def test_an_issuer_that_verifiers_would_not_trust_is_refused(issuer: str) -> None:
    """The issuer is compared byte for byte: https, or http on loopback, without query, fragment, user, end slash."""
    with pytest.raises(SettingsInvalid):
        Settings.from_env({"SAFECONDUCT_ISSUER": issuer})


def test_an_issuer_may_have_a_path() -> None:
    """Several issuers may share a host."""
    settings = Settings.from_env({"SAFECONDUCT_ISSUER": "https://example.com/a/b"})

    assert settings.issuer_path == "/a/b"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("BRAND_ACCENT", "red;}body{display:none"),
        ("BRAND_LOGO", "logo.exe"),
        ("BRAND_LOGO", "/no/such/logo.svg"),
        ("SUPPORT_LINK", "javascript:alert(1)"),
        ("PAGES_MODE", "fancy"),
    ],
)
def test_a_brand_that_cannot_be_shown_is_refused_at_start(variable: str, value: str) -> None:
    """Nothing from the settings becomes a style or a script, and no page breaks for want of a file."""
    with pytest.raises(SettingsInvalid, match=f"SAFECONDUCT_{variable}"):
        Settings.from_env({f"SAFECONDUCT_{variable}": value})
