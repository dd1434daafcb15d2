"""The page "Who saw what"."""

from django.core.paginator import Paginator
from django.http import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from adminhub.broker.api.reading import KEPT
from adminhub.broker.portal.access import SchoolRequest, school_page
from adminhub.broker.portal.readings.forms import AskedForm
from adminhub.broker.portal.readings.queries import MOST_LINES, Asked, log_of

PER_PAGE = 50


@school_page
@require_GET
def readings(request: SchoolRequest) -> HttpResponseBase:
    """What each app has read of the school, newest first."""
    asked = AskedForm(request.GET).asked()
    log = log_of(request.school, asked)
    context = {
        "school": request.school,
        "page": Paginator(log.lines, PER_PAGE).get_page(request.GET.get("page")),
        "is_cut": len(log.lines) == MOST_LINES,
        "asked": asked,
        "is_filtered": asked != Asked(),
        "apps": [("", "All apps"), *log.apps],
        "resources": [("", "Everything"), *log.resources],
        "days_kept": KEPT.days,
        "tab": "readings",
    }
    return render(request, "portal/school/readings.html", context)
