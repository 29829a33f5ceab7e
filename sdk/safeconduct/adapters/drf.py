"""Django REST framework: an authentication class, and a permission that asks for a scope."""

import json
from dataclasses import dataclass
from typing import Any

from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import APIException
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from safeconduct.adapters.admission import Refused, admit_blocking
from safeconduct.adapters.demand import Demand
from safeconduct.adapters.django import shown, the_demand, the_verifier
from safeconduct.claims import Claims
from safeconduct.errors import InsufficientScope, TokenMissing
from safeconduct.refusal import Refusal, refusal


@dataclass(frozen=True, slots=True)
class TokenUser:
    """Whom a token acts for: `request.user`. There is no row in this database behind it."""

    claims: Claims
    is_authenticated: bool = True
    is_anonymous: bool = False
    is_active: bool = True

    @property
    def pk(self) -> str:
        return self.claims.sub


class SafeconductAuthentication(BaseAuthentication):  # type: ignore[misc]  # the framework has no types
    """`request.auth` is the claims. Set up as `SafeconductMiddleware` is; a request without a token is anonymous."""

    def authenticate(self, request: Request) -> tuple[TokenUser, Claims] | None:
        """Raises APIException."""
        demand = the_demand()
        at_hand = shown(request._request, demand)  # noqa: SLF001 - the framework's way to Django's request
        if not at_hand.authorization and not at_hand.parameters:
            return None
        try:
            claims = admit_blocking(the_verifier(), demand, at_hand)
        except Refused as refused:
            raise _exception(refused.refusal) from refused
        return TokenUser(claims), claims

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002 - the framework's signature
        return refusal(TokenMissing(), the_verifier().issuer).headers["WWW-Authenticate"]


class HasScope(BasePermission):  # type: ignore[misc]  # the framework has no types
    """Asks for the view's `token_scope`: a name, names with a space between, or a function of the method."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Raises APIException with the RFC 6750 challenge where the scope is missing."""
        if not isinstance(request.auth, Claims):
            return False
        wanted = Demand(getattr(type(view), "token_scope", None)).scope(request.method or "GET")
        missing = () if wanted is None else the_verifier().missing(request.auth, wanted)
        if missing:
            raise _exception(refusal(InsufficientScope("", missing), the_verifier().issuer))
        return True


def _exception(answer: Refusal) -> APIException:
    exception = APIException(json.loads(answer.body))
    exception.status_code = answer.status
    exception.auth_header = answer.headers.get("WWW-Authenticate")
    exception.wait = _seconds(answer.headers.get("Retry-After"))
    return exception


def _seconds(text: str | None) -> int | None:
    """The framework writes the header anew, from a number."""
    return None if text is None else int(text)
