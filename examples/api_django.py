"""A Django project in one file behind the verifier: python examples/api_django.py, then GET /connectors."""

import os
from wsgiref.simple_server import make_server

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from safeconduct import STRICT
from safeconduct.adapters.demand import by_method

ISSUER = os.environ.get("ISSUER", "http://localhost:8080")
settings.configure(
    ALLOWED_HOSTS=["127.0.0.1", "localhost"],
    ROOT_URLCONF=__name__,
    MIDDLEWARE=["safeconduct.adapters.django.SafeconductMiddleware"],
    SAFECONDUCT={
        "issuer": ISSUER,
        "audience": f"{ISSUER}/api",
        "profile": STRICT,
        "scope": by_method("connectors"),
        "public": ["/health"],
    },
)
django.setup()


def connectors(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"caller": request.token.sub, "scope": request.token.scope})


def health(_: HttpRequest) -> HttpResponse:
    return HttpResponse("up")


urlpatterns = [path("connectors", connectors), path("health", health)]

if __name__ == "__main__":
    make_server("127.0.0.1", int(os.environ.get("PORT", "8090")), get_wsgi_application()).serve_forever()
