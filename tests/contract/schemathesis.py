"""Schemathesis, run against a service that listens."""

import asyncio
import sys
from pathlib import Path

from tests.api.api_fixtures import PASSWORD, Api
from tests.api.oauth_fixtures import basic

CONFIG = """
base-url = "{issuer}"
continue-on-failure = true
{extra}

[auth.dynamic.openapi.bearer]
path = "/v1/session"
payload = {{ name = "root", password = "{password}" }}
extract_selector = "/token"
retry_on = [401]

[auth.openapi.client]
username = "{client}"
password = "{secret}"

[auth.openapi.gateway]
api_key = "{gateway}"
"""


async def schemathesis(api: Api, folder: Path, *words: str, extra: str = "") -> tuple[int, str]:
    """Exit code and report of one run, signed in as the administrator `root`."""
    authority = api.authority
    gateway = basic(authority.client.id, authority.secret).partition(": ")[2]
    config = folder / "schemathesis.toml"
    config.write_text(
        CONFIG.format(
            issuer=authority.issuer,
            password=PASSWORD,
            client=authority.client.id,
            secret=authority.secret,
            gateway=gateway,
            extra=extra,
        )
    )
    run = await asyncio.create_subprocess_exec(
        Path(sys.executable).with_name("schemathesis"),
        *("--config-file", config, "run", f"{authority.issuer}/openapi.json", "--no-color", *words),
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    told, _ = await run.communicate()
    assert run.returncode is not None
    return run.returncode, told.decode()
