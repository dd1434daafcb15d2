"""Lists as the address asks for them: search, filters, sort, page. Unknown words are ignored."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest, QueryDict

from adminhub.hub.roster.queries import AccessFilter, SyncFilter, Wanted
from adminhub.hub.roster.years import is_year, year_name

PAGE_SIZE = 50
M = TypeVar("M", bound=Model)
Word = TypeVar("Word", bound=StrEnum)

SYNC_OPTIONS = [
    (SyncFilter.ALL.value, "Synced or not"),
    (SyncFilter.SYNCED.value, "Synced with the MIS"),
    (SyncFilter.NOT_SYNCED.value, "Not synced"),
    (SyncFilter.DESYNCED.value, "Desynced"),
]


def wanted_from(query: QueryDict) -> Wanted:
    """Read what a list of people was asked for."""
    year = query.get("year", "")
    return Wanted(
        search=" ".join(query.get("q", "").replace("\x00", "").split())[:100],
        access=one_of(AccessFilter, query.get("access", ""), AccessFilter.ALL),
        sync=one_of(SyncFilter, query.get("sync", ""), SyncFilter.ALL),
        year_group=year if is_year(year) or year == "none" else "",
        sort=query.get("sort", "name")[:12],
    )


def one_of(words: type[Word], word: str, otherwise: Word) -> Word:
    """The word, if it is one of these."""
    try:
        return words(word)
    except ValueError:
        return otherwise


def page_of(request: HttpRequest, rows: QuerySet[M]) -> Page[M]:
    """The page asked for; one beyond the end is the last."""
    return Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))


def query_without(query: QueryDict, *names: str) -> str:
    """The address's query without these and the page, ready to put another value behind: "" or "a=b&"."""
    kept = [(key, value) for key, value in query.items() if key not in (*names, "page") and value]
    return f"{urlencode(kept)}&" if kept else ""


def year_options(years: list[str]) -> list[tuple[str, str]]:
    """Options of a year group filter."""
    return [("", "Every year group"), *((year, year_name(year)) for year in years), ("none", "No year group")]


def list_context(request: HttpRequest, wanted: Wanted) -> dict[str, Any]:
    """What every list's template needs."""
    return {
        "wanted": wanted,
        "sync_options": SYNC_OPTIONS,
        "sort_query": query_without(request.GET, "sort"),
        "access_query": query_without(request.GET, "access"),
        "is_narrowed": bool(wanted.search or wanted.sync or wanted.year_group),
    }
