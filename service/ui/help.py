"""What each answer means, and what to do about it."""

import re

from aiohttp import web

from service.ui.page import show, texts_of

_CODE = re.compile(r"[a-z_]{1,64}")


async def help_index(request: web.Request) -> web.Response:
    """Every answer that has a page."""
    texts = texts_of(request)
    codes = sorted(
        name.split(".")[1] for name in texts.names() if name.startswith("help.") and name.endswith(".title")
    )
    return show(request, "help_index.html", codes=codes)


async def help_page(request: web.Request) -> web.Response:
    """One code's page; for a code without one, what can be said of any."""
    code, texts = request.match_info["code"], texts_of(request)
    known = _CODE.fullmatch(code) and texts.find(f"help.{code}.title")
    return show(request, "help.html", status=200 if known else 404, code=code if known else "")
