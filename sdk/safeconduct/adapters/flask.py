"""Flask: a decorator for views."""

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec

from flask import Response, current_app, g, request

from safeconduct.adapters.admission import Refused, admit_blocking
from safeconduct.adapters.demand import Demand, Scope, Shown
from safeconduct.sync import Verifier

_Arguments = ParamSpec("_Arguments")


def requires(
    verifier: Verifier, scope: Scope = None, **demands: Any
) -> Callable[[Callable[_Arguments, Any]], Callable[_Arguments, Any]]:
    """The view runs for requests with a good token only, whose claims are `flask.g.token`.

    `demands` are the other arguments of `Demand`.
    """
    demand = Demand(scope, **demands)

    def protect(view: Callable[_Arguments, Any]) -> Callable[_Arguments, Any]:
        @wraps(view)
        def protected(*args: _Arguments.args, **kwargs: _Arguments.kwargs) -> Any:
            try:
                g.token = admit_blocking(verifier, demand, _shown(demand))
            except Refused as refused:
                status, headers, body = refused.refusal
                return Response(body, status, headers)
            return current_app.ensure_sync(view)(*args, **kwargs)

        return protected

    return protect


def _shown(demand: Demand) -> Shown:
    parameters: list[str] = []
    if demand.parameter is not None:
        parameters = request.form.getlist(demand.parameter)
        parameters += request.args.getlist(demand.parameter) if demand.in_query else []
    headers = request.headers
    return Shown(
        request.method,
        headers.getlist("Authorization"),
        request.remote_addr,
        headers.getlist("X-Forwarded-For"),
        parameters,
        headers.get("User-Agent"),
    )
