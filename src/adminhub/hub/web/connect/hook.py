"""The broker's webhook."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt


@csrf_exempt
def broker_hook(request: HttpRequest) -> HttpResponse:
    """Still to come."""
    return HttpResponse(status=501)
