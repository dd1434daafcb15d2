"""Keeps pages that depend on who is logged in out of every cache, the browser's too: computers are shared."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import has_vary_header


class PrivatePages:
    """Middleware, around the sessions: what depends on a cookie and says nothing of caching is kept nowhere."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if has_vary_header(response, "Cookie") and "Cache-Control" not in response.headers:
            response.headers["Cache-Control"] = "private, no-store"
        return response
