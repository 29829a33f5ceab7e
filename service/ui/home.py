"""Where everybody begins."""

from aiohttp import web

from service.domain.token_page import TokenPage
from service.domain.user import Role
from service.ui.page import see_other
from service.web.appkeys import SERVICES
from service.web.callers import signed_in


async def home(request: web.Request) -> web.Response:
    """The list, or for who has no token yet, and everybody in simple mode, the one-button page."""
    services, who = request.app[SERVICES], signed_in(request)
    if who.user.role is Role.AUDITOR:
        return see_other(request, "/admin")
    if services.settings.pages_mode == "simple":
        return see_other(request, "/token")
    listing = await services.list_tokens(TokenPage(owner_id=who.user.id, limit=1))
    return see_other(request, "/tokens" if listing.tokens else "/token")


async def user_preferences(request: web.Request) -> web.Response:
    """Where people who know this page from elsewhere look for it."""
    return see_other(request, "/tokens")
