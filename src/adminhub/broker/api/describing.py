"""The API's description, for programs and for people. It names nobody, so it needs no token."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from adminhub.broker.api.openapi import document
from adminhub.broker.api.resources import RESOURCES
from adminhub.broker.api.wire import encode


@require_GET
def openapi(request: HttpRequest) -> HttpResponse:
    response = HttpResponse(encode(document(settings.BROKER_URL)), content_type="application/json")
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


@require_GET
def reference(request: HttpRequest) -> HttpResponse:
    """Every call with its parameters, fields and permissions, from the same description."""
    described = document(settings.BROKER_URL)
    calls = [
        {"method": method.upper(), "path": path, **operation}
        for path, item in described["paths"].items()
        for method, operation in item.items()
        if method != "parameters"
    ]
    resources = [resource for resource in RESOURCES.values() if resource.is_listed]
    context = {
        "base": described["servers"][0]["url"],
        "general": [call for call in calls if call["tags"][0] not in RESOURCES],
        "resources": [
            {
                "declared": resource,
                "anchor": resource.name.replace("/", "-"),
                "calls": [call for call in calls if call["tags"] == [resource.name]],
            }
            for resource in resources
        ],
    }
    return render(request, "broker_api/reference.html", context)
