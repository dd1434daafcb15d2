"""Logs each request by method, path, status and time; never its query, body or person."""

import time
from collections.abc import Callable

import structlog
from django.http import HttpRequest
from django.http.response import HttpResponseBase

log = structlog.get_logger("adminhub.request")

# A link that works once is as good as a password while it is open.
SECRET_PARTS = frozenset({"token", "key"})


class RequestLog:
    """Middleware: one line per request, and the server's time for it in a `Server-Timing` header."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        started = time.perf_counter()
        response = self.get_response(request)
        milliseconds = round((time.perf_counter() - started) * 1000, 1)
        response.headers["Server-Timing"] = f"app;dur={milliseconds}"
        if not request.path.startswith(("/static/", "/healthz")):
            log.info(
                "request",
                method=request.method,
                path=_path_of(request),
                status=response.status_code,
                ms=milliseconds,
            )
        return response


def _path_of(request: HttpRequest) -> str:
    """The path, or its pattern where a part of it is a secret."""
    match = request.resolver_match
    return f"/{match.route}" if match is not None and SECRET_PARTS & match.kwargs.keys() else request.path
