"""Says that a value cannot be used, where a page breaks on text that is no text or no address."""

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

from django.db import DataError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render


class PlainValues:
    """Middleware, innermost: what no database keeps (a NUL) or no address can be ("http://[") is a mistake of who sent
    it (400), never of the site (500).

    A browser sends neither by itself. Nothing was changed: the request is rolled back.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer for what these lead to; everything else is looked into as ours."""
        if isinstance(exception, ValueError | DataError) and any(map(_is_odd, _sent(request))):
            return render(request, "400.html", status=400)
        return None


def _is_odd(value: str) -> bool:
    try:
        urlsplit(value)
    except ValueError:
        return True
    return "\0" in value


def _sent(request: HttpRequest) -> Iterator[str]:
    yield request.path
    for values in (request.GET, request.POST):
        for name, found in values.lists():
            yield from (name, *found)
