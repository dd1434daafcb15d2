"""Every address of a site, asked with values that nobody means: for the tests that expect a page or a refusal."""

import inspect
import re
from collections.abc import Iterator, Mapping
from typing import Any

from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.http import urlencode

NUL, BRACKET, HUGE, LONG = "a\0b", "http://[", "9" * 30, "ÿ" * 400
ODD = (NUL, BRACKET, HUGE, LONG)
ALWAYS = ("q", "page", "sort", "next", "back", "id", "ids")
ASKED_FOR = re.compile(r"""(?:GET|POST|query|asked|data|cleaned_data)(?:\.get|\.getlist)?[\(\[]\s*"(\w+)\"""")
PARAMETER = re.compile(r"<(?:(\w+):)?(\w+)>")
NAMED_GROUP = re.compile(r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)")
UUID = "00000000-0000-4000-8000-000000000000"
FITTING = {"int": HUGE, "uuid": UUID, "str": "a%00b", "path": "a%00b/c", "slug": "a" * 400}


def broken(client: Client, *, known: Mapping[str, Any], leave_out: tuple[str, ...] = ()) -> list[str]:
    """The addresses that answer with a fault of ours. `known` are parts of addresses that lead somewhere."""
    client.raise_request_exception = False
    found = []
    for route, view in _routes(get_resolver().url_patterns):
        if any(word in route for word in ("logout", *leave_out)):
            continue
        names = sorted({*ALWAYS, *ASKED_FOR.findall(_source(view))})
        for path, values_of_it in {_path(route, {}): (NUL,), _path(route, known): ODD}.items():
            for odd in values_of_it:
                values = dict.fromkeys(names, odd)
                asked = f"{path}?{urlencode(values)}"
                for method, answer in (("GET", client.get(asked)), ("POST", client.post(path, values))):
                    if answer.status_code >= 500:
                        found.append(f"{method} /{route} with {odd[:10]!r}")
    return found


def _routes(patterns: list[Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for one in patterns:
        route = before + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from _routes(one.url_patterns, route)
        elif isinstance(one, URLPattern):
            yield route, one.callback


def _path(route: str, known: Mapping[str, Any]) -> str:
    route = NAMED_GROUP.sub(lambda part: str(known.get(part[1], "9" * 30)), route)
    route = re.sub(r"[\^$]|\\Z|/\?", "", route)
    return "/" + PARAMETER.sub(
        lambda part: str(known.get(part[2], FITTING.get(part[1] or "str", "a"))), route
    )


def _source(view: Any) -> str:
    inner = getattr(view, "view_class", None) or inspect.unwrap(view)
    module = inspect.getmodule(inner)
    return inspect.getsource(module) if module is not None else ""
