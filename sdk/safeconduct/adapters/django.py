"""Django: a middleware that is set up in `settings.SAFECONDUCT`, and what it shares with the REST framework."""

from collections.abc import Callable
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from safeconduct.adapters.admission import Refused, admit_blocking
from safeconduct.adapters.demand import Demand, Shown
from safeconduct.sync import Verifier

_OF_THE_DEMAND = frozenset({"scope", "parameter", "in_query", "trusted_proxies"})


class SafeconductMiddleware:
    """Lets requests with a good token through, whose claims are `request.token`.

    `SAFECONDUCT = {"issuer": …, "audience": …}`, and where wanted `scope`, `parameter`, `in_query`,
    `trusted_proxies`, `public` (paths that need no token), and the options of a verifier.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response
        self._public = frozenset(settings.SAFECONDUCT.get("public", ()))

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path in self._public:
            return self._get_response(request)
        try:
            claims = admit_blocking(the_verifier(), the_demand(), shown(request, the_demand()))
        except Refused as refused:
            status, headers, body = refused.refusal
            return HttpResponse(body, status=status, headers=headers)
        request.token = claims
        return self._get_response(request)


@cache
def the_verifier() -> Verifier:
    """The one verifier of this process, made of the settings when it is first needed."""
    ours = _OF_THE_DEMAND | {"public"}
    return Verifier(**{name: value for name, value in settings.SAFECONDUCT.items() if name not in ours})


@cache
def the_demand() -> Demand:
    """What the settings demand of every request."""
    return Demand(**{name: value for name, value in settings.SAFECONDUCT.items() if name in _OF_THE_DEMAND})


def shown(request: HttpRequest, demand: Demand) -> Shown:
    """What a request shows. WSGI joins repeated headers with commas, which no token has."""
    parameters: list[str] = []
    if demand.parameter is not None:
        parameters = request.POST.getlist(demand.parameter)
        parameters += request.GET.getlist(demand.parameter) if demand.in_query else []
    meta: dict[str, Any] = request.META
    return Shown(
        request.method or "GET",
        [meta["HTTP_AUTHORIZATION"]] if "HTTP_AUTHORIZATION" in meta else [],
        meta.get("REMOTE_ADDR"),
        [meta["HTTP_X_FORWARDED_FOR"]] if "HTTP_X_FORWARDED_FOR" in meta else [],
        parameters,
        meta.get("HTTP_USER_AGENT"),
    )
