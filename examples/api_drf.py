"""Django REST framework with a scope per view: python examples/api_drf.py, then GET /connectors with a token."""

import os
from wsgiref.simple_server import make_server

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path
from safeconduct import STRICT
from safeconduct.adapters.demand import by_method

ISSUER = os.environ.get("ISSUER", "http://localhost:8080")
settings.configure(
    ALLOWED_HOSTS=["127.0.0.1", "localhost"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=["rest_framework"],
    REST_FRAMEWORK={
        "DEFAULT_AUTHENTICATION_CLASSES": ["safeconduct.adapters.drf.SafeconductAuthentication"],
        "DEFAULT_PERMISSION_CLASSES": ["safeconduct.adapters.drf.HasScope"],
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
        "UNAUTHENTICATED_USER": None,
    },
    SAFECONDUCT={"issuer": ISSUER, "audience": f"{ISSUER}/api", "profile": STRICT},
)
django.setup()

from rest_framework.request import Request  # noqa: E402 - it needs the settings
from rest_framework.response import Response  # noqa: E402
from rest_framework.views import APIView  # noqa: E402


class Connectors(APIView):
    token_scope = by_method("connectors")

    def get(self, request: Request) -> Response:
        return Response({"caller": request.user.pk, "scope": request.auth.scope})

    delete = get


def health(_: HttpRequest) -> HttpResponse:
    return HttpResponse("up")


urlpatterns = [path("connectors", Connectors.as_view()), path("health", health)]

if __name__ == "__main__":
    make_server("127.0.0.1", int(os.environ.get("PORT", "8090")), get_wsgi_application()).serve_forever()
