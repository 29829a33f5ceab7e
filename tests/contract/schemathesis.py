"""Schemathesis, run against a service that listens."""

import asyncio
import sys
from pathlib import Path

from tests.api.api_fixtures import PASSWORD, Api
from tests.api.oauth_fixtures import basic

PATIENT = {
    "sign_in_free_failures": 100_000,
    "sign_in_account_failures": 100_000,
    "sign_in_address_failures": 100_000,
    "anonymous_requests_per_minute": 100_000,
}
"""Settings of a service that does not mistake a campaign for an attack."""

CONFIG = """
base-url = "{issuer}"
continue-on-failure = true
request-timeout = 60
warnings = false

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

[checks]
enabled = true
# 501: status lists tell no history (Token Status List section 8.4); 503: no place, or no truth
not_a_server_error.expected-statuses = ["2xx", "3xx", "4xx", 501, 503]
# what no schema can say: names that are taken or unknown, a scope beyond the grant, a state that does not allow it
positive_data_acceptance.expected-statuses = ["2xx", "3xx", 401, 403, 404, 409, 410, 422, 429, 501, 503]
negative_data_rejection.expected-statuses = [400, 401, 403, 404, 405, 406, 409, 413, 415, 422, 429, 501, 503]
missing_required_header.expected-statuses = [400, 401, 403, 404, 405, 406, 415, 422, 429, 503]

[[operations]]
include-path-regex = "^/oauth2/|^/v1/forward-auth$"
# RFC 6749 section 5.2: invalid_grant, invalid_scope and their like are 400; so is a gateway's wrong configuration
checks.positive_data_acceptance.expected-statuses = ["2xx", 400, 401, 403, 422, 429, 503]

[[operations]]
include-path = "/v1/forward-auth"
# of two credentials that belong together the other one is left empty, and a gateway that proves nothing is 400
checks.missing_required_header.enabled = false

[[operations]]
include-method = "OPTIONS"
# a preflight is answered whatever is asked for
checks.negative_data_rejection.enabled = false
"""


async def schemathesis(api: Api, folder: Path, *words: str) -> tuple[int, str]:
    """Exit code and report of one run, signed in as the administrator `root`."""
    authority = api.authority
    config = folder / "schemathesis.toml"
    config.write_text(
        CONFIG.format(
            issuer=authority.issuer,
            password=PASSWORD,
            client=authority.client.id,
            secret=authority.secret,
            gateway=basic(authority.client.id, authority.secret).partition(": ")[2],
        )
    )
    run = await asyncio.create_subprocess_exec(
        Path(sys.executable).with_name("schemathesis"),
        *("--config-file", config, "run", f"{authority.issuer}/openapi.json", "--no-color"),
        *words,
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    told, _ = await run.communicate()
    assert run.returncode is not None
    return run.returncode, told.decode()
