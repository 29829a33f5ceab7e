"""Cross-site request forgery: a change needs to come from a page of ours, or from no page at all (R50)."""

from typing import Final
from urllib.parse import urlsplit

from aiohttp import hdrs, web

from service.domain.principal import Principal, SignedIn
from service.domain.session import Carrier
from service.web.cross_origin import CrossOriginPages
from service.web.refusals import CrossOrigin, UnsupportedMediaType
from service.web.routing import Answers

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class SameOrigin:
    """Judges what browsers say of a request's origin. `issuer` is where our own pages live, `pages` tells whose other
    pages may call with a platform's token, which no browser sends by itself.
    """

    def __init__(self, issuer: str, pages: CrossOriginPages) -> None:
        self._pages = pages
        parts = urlsplit(issuer)
        self._origin = f"{parts.scheme}://{parts.netloc}"

    def demand(self, request: web.Request, principal: Principal, answers: Answers = Answers.PROBLEM) -> None:
        """Let a change pass that says it comes from our own origin; one that rides on a cookie has to say so.

        A page that sends no referrer posts its forms with `Origin: null` (Fetch standard, "append a request
        Origin header"): for pages Sec-Fetch-Site, which no script can set, then decides alone.

        Raises:
            CrossOrigin: it comes from elsewhere, or rides on a cookie and does not say.
            UnsupportedMediaType: it rides on a cookie in a form that any page could send without asking.
        """
        if request.method in SAFE:
            return
        if isinstance(principal, SignedIn) and principal.session.carrier is Carrier.PLATFORM:
            if not self._pages.admits(request):
                raise CrossOrigin("pages of this origin may not manage tokens here")
            return
        by_cookie = isinstance(principal, SignedIn) and principal.session.carrier is Carrier.COOKIE
        site = request.headers.get("Sec-Fetch-Site")
        origin = request.headers.get(hdrs.ORIGIN)
        if answers is Answers.PAGE and site == "same-origin" and origin == "null":
            origin = None
        foreign = site not in {None, "same-origin"} or origin not in {None, self._origin}
        if foreign or (by_cookie and site is None and origin is None):
            raise CrossOrigin("a change must come from this service's own pages")
        if by_cookie and answers is not Answers.PAGE and _has_form(request):
            raise UnsupportedMediaType("send application/json")


def _has_form(request: web.Request) -> bool:
    expected = request.method != "DELETE" or request.body_exists
    return expected and request.content_type != "application/json"
