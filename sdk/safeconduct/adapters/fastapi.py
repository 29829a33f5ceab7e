"""FastAPI: a dependency that also tells OpenAPI how to authenticate."""

import json
from typing import Any

from fastapi import HTTPException, Request
from fastapi.openapi.models import HTTPBearer
from fastapi.security.base import SecurityBase

from safeconduct.adapters.admission import Refused, admit, short_way
from safeconduct.adapters.asgi import authorization_of, shown
from safeconduct.adapters.demand import Demand, Scope
from safeconduct.asynchronous import Verifier
from safeconduct.claims import Claims


class Bearer(SecurityBase):
    """`token: Annotated[Claims, Depends(Bearer(verifier, "connectors:view"))]`.

    A refusal is an HTTPException whose detail holds code, title and help.
    """

    def __init__(self, verifier: Verifier, scope: Scope = None, **demands: Any) -> None:
        self.model = HTTPBearer(bearerFormat="JWT", description="A personal access token")
        self.scheme_name = "PersonalAccessToken"
        self._verifier = verifier
        self._demand = Demand(scope, **demands)
        self._recalled = short_way(verifier, self._demand)

    async def __call__(self, request: Request) -> Claims:
        """Raises HTTPException."""
        claims = self._recalled(request.scope["method"], authorization_of(request.scope))
        if claims is not None:
            return claims
        parameters: list[str] = []
        if (name := self._demand.parameter) is not None:
            form = await request.form()
            parameters = [value for value in form.getlist(name) if isinstance(value, str)]
            parameters += request.query_params.getlist(name) if self._demand.in_query else []
        try:
            return await admit(self._verifier, self._demand, shown(request.scope, parameters))
        except Refused as refused:
            status, headers, body = refused.refusal
            wanted = {name: value for name, value in headers.items() if name != "Content-Type"}
            raise HTTPException(status, json.loads(body), wanted) from refused
