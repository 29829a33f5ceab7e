"""The file of identity providers and platforms."""

from pathlib import Path

import pytest

from service.elsewhere_file import read_elsewhere
from service.settings import Settings, SettingsInvalid

ISSUER = "https://tokens.example"
GOOD = """
[[providers]]
id = "home"
name = "Home"
issuer = "https://id.example/"
client_id = "c"
client_secret_file = "secret"
[[providers.grants]]
claim = "groups"
value = "flows"
scopes = ["automation"]

[[platforms]]
issuer = "https://id.example"
audience = "a"
scope = "s"
clients = ["c"]
origins = ["https://app.example", "http://localhost:3000"]
"""
BAD = """
[[providers]]
id = "Home!"
issuer = "http://id.example"
client_id = "c"
client_secret_file = "nowhere"
scopes = ["profile"]
algorithms = ["HS256", "none"]
typo = 1
[[providers]]
id = "x"
name = "X"
issuer = "https://tokens.example"
client_id = "c"
[[providers]]
id = "x"
name = "X"
issuer = "https://tokens.example/"
client_id = "c"

[[platforms]]
issuer = "https://tokens.example"
audience = "a"
scope = "s"
clients = []
origins = ["https://app.example/", "*", "https://*.example"]
"""


def write(folder: Path, text: str) -> str:
    (folder / "secret").write_text("s3cret+/=\n")
    path = folder / "sso.toml"
    path.write_text(text)
    return str(path)


def test_a_file_says_who_is_trusted(tmp_path: Path) -> None:
    """Providers and platforms with their defaults; the secret lies beside the file and is never printed."""
    read = read_elsewhere(write(tmp_path, GOOD), ISSUER)

    [provider], [platform] = read.providers, read.platforms
    assert provider.client_secret.reveal() == "s3cret+/="
    assert "s3cret" not in repr(read)
    assert provider.arrival.create_users
    assert not platform.arrival.create_users
    assert provider.scopes == ("openid", "profile")
    assert platform.origins == {"https://app.example", "http://localhost:3000"}
    assert read_elsewhere("", ISSUER).providers == ()


def test_every_fault_is_told_at_once_and_stops_the_start(tmp_path: Path) -> None:
    """R72: beside the faults of all other settings; our own issuer is nobody to trust (threats 14)."""
    settings = {
        "SAFECONDUCT_ISSUER": ISSUER,
        "SAFECONDUCT_SSO_FILE": write(tmp_path, BAD),
        "SAFECONDUCT_PORT": "0",
    }

    with pytest.raises(SettingsInvalid) as invalid:
        Settings.from_env(settings)

    told = [fault.removeprefix("SAFECONDUCT_SSO_FILE: ").split(":")[0] for fault in invalid.value.faults]
    assert set(told) >= {
        "SAFECONDUCT_PORT",
        "providers[0].id",
        "providers[0].name",
        "providers[0].issuer",
        "providers[0].client_secret_file",
        "providers[0].scopes",
        "providers[0].algorithms",
        "providers[0].typo",
        "providers[1].issuer",
        "providers[2].issuer",
        "providers[2].id",
        "platforms[0].issuer",
        "platforms[0].clients",
        "platforms[0].origins[0]",
        "platforms[0].origins[1]",
        "platforms[0].origins[2]",
    }


@pytest.mark.parametrize("text", ["providers = 1", "[[providers]", "providers = [1]", "[other]\nx = 1"])
def test_what_is_no_such_file_is_refused(tmp_path: Path, text: str) -> None:
    """Broken TOML, another shape, or a member that nobody reads."""
    assert Settings(issuer=ISSUER, sso_file=write(tmp_path, text)).faults() != []


def test_a_file_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    """Trust that was configured is not silently left out."""
    assert len(Settings(issuer=ISSUER, sso_file=str(tmp_path / "none.toml")).faults()) == 1
