"""People and machine users, as command lines name them."""

from urllib.parse import urlencode

from service.cli.failures import CommandFailed
from service.cli.signed_in import SignedIn
from service.domain.identifiers import from_wire

USERS = "/v1/admin/users"


def find_account(service: SignedIn, written: str) -> tuple[str, str]:
    """Id and name. What looks like an id is one. Raises CommandFailed where nobody has that name."""
    if from_wire(written):
        return written, written
    found = service.ask("GET", f"{USERS}?{urlencode({'name': written})}").body
    if not found:
        raise CommandFailed(f"there is nobody called {written!r}")
    return str(found[0]["id"]), str(found[0]["name"])
