"""What every page is rendered with, and how one becomes a response."""

from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any, Final

import aiohttp_jinja2
import jinja2
from aiohttp import hdrs, web

from service.domain.issuance import DAY
from service.domain.principal import SignedIn
from service.domain.user import Role
from service.settings import Settings
from service.ui.assets import ASSETS, Assets
from service.ui.brand import ACCENT_FILE, Brand, brand_assets, brand_of
from service.ui.days import day_text, exact_ms_text, exact_text, last_day, machine_text, zone_of
from service.ui.texts import Texts, preferred
from service.web.appkeys import PRINCIPAL, SERVICES
from service.web.page_forms import form_token

TEMPLATES: Final = Path(__file__).parent / "templates"
BRAND: web.AppKey[Brand] = web.AppKey("brand", Brand)


@dataclass(frozen=True, slots=True)
class Times:
    """Moments (POSIX seconds) as this reader sees them, at the time `now` of the page."""

    texts: Texts
    zone: tzinfo
    now: int

    def day(self, moment: int) -> str:
        return day_text(moment, self.zone)

    def last_day(self, moment: int) -> str:
        """The last day that is still included, for the end of something."""
        return last_day(moment, self.zone).strftime("%d-%m-%Y")

    def exact(self, moment: int) -> str:
        return exact_text(moment)

    def exact_ms(self, moment: int) -> str:
        """Of POSIX milliseconds."""
        return exact_ms_text(moment)

    def machine(self, moment: int) -> str:
        return machine_text(moment)

    def relative(self, moment: int) -> str:
        """How long since or until: "2 hours ago", "in 12 days". Days are the calendar's where the reader is: what ends
        with tomorrow ends "tomorrow".
        """
        if moment <= self.now:
            return self.texts.ago(self.now - moment, self._days_to(moment))
        return self.texts.ahead(moment - self.now, self._days_to(moment - 1))

    def _days_to(self, moment: int) -> int:
        if abs(moment - self.now) < DAY:
            return 0
        days = (
            datetime.fromtimestamp(moment, self.zone).date()
            - datetime.fromtimestamp(self.now, self.zone).date()
        ).days
        return abs(days)


def install(app: web.Application, settings: Settings) -> None:
    """Give the application its templates, styles and brand."""
    assets = Assets(replaced=brand_assets(settings))
    app[ASSETS], app[BRAND] = assets, brand_of(settings)
    environment = aiohttp_jinja2.setup(
        app,
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["asset"] = lambda name: f"{settings.issuer_path}/assets/{assets.served_name(name)}"
    environment.globals["url"] = lambda path: settings.issuer_path + path
    environment.globals["brand"] = app[BRAND]
    environment.globals["accent_file"] = ACCENT_FILE if settings.brand_accent else ""
    environment.globals["simple"] = settings.pages_mode == "simple"
    environment.globals["settings"] = settings


def texts_of(request: web.BaseRequest) -> Texts:
    """The texts in the language that the browser prefers."""
    return preferred(request.headers.get(hdrs.ACCEPT_LANGUAGE, ""))


def times_of(request: web.Request, now: int) -> Times:
    return Times(texts_of(request), zone_of(request), now)


def show(request: web.Request, template: str, *, status: int = 200, **context: Any) -> web.Response:
    """The page `template`, never stored by a cache."""
    who = request.get(PRINCIPAL)
    person = who if isinstance(who, SignedIn) else None
    now = person.read_at if person else 0
    common = {
        "t": texts_of(request),
        "times": times_of(request, context.pop("now", now)),
        "person": person,
        "role": person.user.role if person else None,
        "is_reader": person is not None and person.user.role is not Role.USER,
        "is_administrator": person is not None and person.user.role is Role.ADMINISTRATOR,
        "may_have_tokens": person is not None and person.user.role is not Role.AUDITOR,
        "form_token": form_token(person.session) if person else "",
        "path": request.path.removeprefix(request.app[SERVICES].settings.issuer_path),
    }
    return aiohttp_jinja2.render_template(template, request, {**common, **context}, status=status)


def see_other(request: web.Request, path: str) -> web.Response:
    """Go on at another page of ours, by GET."""
    location = request.app[SERVICES].settings.issuer_path + path
    return web.Response(status=303, headers={hdrs.LOCATION: location})
