"""Tags the components need: links between pages of a list, and the site's identity where no request is at hand."""

from functools import cache
from pathlib import Path
from typing import Any

from django import template
from django.core.paginator import Page
from django.template import Context
from django.templatetags.static import static
from django.utils.http import urlencode

from adminhub.look.identity import Identity, identify

register = template.Library()

_NUMBERS_EITHER_SIDE = 1


@cache
def _marks() -> frozenset[str]:
    return frozenset(path.stem for path in (Path(__file__).parents[1] / "static/look/marks").glob("*.svg"))


@register.simple_tag(takes_context=True)
def look_identity(context: Context) -> Identity:
    return identify(context.get("request"))


@register.simple_tag(takes_context=True)
def page_link(context: Context, param: str, number: int) -> str:
    """The present address's query with another page number, so that search and filters are kept."""
    request = context.get("request")
    pairs = [(key, value) for key, values in request.GET.lists() for value in values] if request else []
    kept = [(key, value) for key, value in pairs if key != param]
    return "?" + urlencode([*kept, (param, number)])


@register.simple_tag
def mark_url(name: str) -> str:
    """The address of a mark we ship for a site or a service; empty when there is none of that name."""
    return static(f"look/marks/{name}.svg") if name in _marks() else ""


@register.simple_tag
def page_numbers(page: "Page[Any]") -> list[int | None]:
    """First, last and the neighbours of this page; None stands for a gap."""
    last = page.paginator.num_pages
    wanted = {1, last, *range(page.number - _NUMBERS_EITHER_SIDE, page.number + _NUMBERS_EITHER_SIDE + 1)}
    numbers = sorted(number for number in wanted if 1 <= number <= last)
    shown: list[int | None] = []
    for number in numbers:
        previous = shown[-1] if shown else number - 1
        if previous is not None and number == previous + 2:
            shown.append(number - 1)
        elif previous is not None and number > previous + 2:
            shown.append(None)
        shown.append(number)
    return shown
