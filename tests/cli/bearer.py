"""A token in use, as an app uses it."""

from urllib.error import HTTPError
from urllib.request import Request, urlopen

from tests.cli.command import Safeconduct


def show_itself(person: Safeconduct, value: str) -> int:
    """The status that the token gets for asking about itself."""
    request = Request(  # noqa: S310 - a URL of our own
        f"{person.env['SAFECONDUCT_URL']}/v1/personal-access-tokens/self",
        headers={"Authorization": f"Bearer {value}", "User-Agent": "weekly-flow"},
    )
    try:
        with urlopen(request, timeout=30) as answer:  # noqa: S310 - a URL of our own
            return answer.status
    except HTTPError as error:
        with error:
            return error.code
