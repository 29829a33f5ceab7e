"""Errors as pages: what the pages' side of the service lends to the edge, which knows no template."""

from typing import Protocol

from aiohttp import web
from safeconduct.errors import SafeconductError


class PageErrors(Protocol):
    async def refused(self, request: web.Request, error: SafeconductError, request_id: str) -> web.Response:
        """The page for an error of ours: a redirect to sign in, the question for the password, or a page that
        says what is wrong.
        """

    def failed(self, request: web.BaseRequest, status: int, request_id: str) -> web.Response:
        """The page where there is only a status: an unknown path, a bug."""


def wants_page(request: web.BaseRequest) -> bool:
    """Whether a browser asks for something to look at."""
    return request.method in {"GET", "HEAD"} and "text/html" in request.headers.get("Accept", "")
