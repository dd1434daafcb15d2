"""The theme switch, the living style page, and error pages that know which site they belong to."""

from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from adminhub.look import specimens
from adminhub.look.identity import THEME_COOKIE, THEMES

_A_YEAR = 365 * 24 * 60 * 60


@require_POST
def choose_theme(request: HttpRequest) -> HttpResponse:
    """Keeps the theme in a cookie and goes back to where the reader was; an unknown theme changes nothing."""
    wanted, back = request.POST.get("theme", ""), request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(
        back, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        back = "/"
    response = HttpResponseRedirect(back)
    if wanted in THEMES:
        response.set_cookie(THEME_COOKIE, wanted, max_age=_A_YEAR, samesite="Lax", secure=request.is_secure())
    return response


def style_page(request: HttpRequest) -> HttpResponse:
    """Every component with invented content; only in the demo and while developing."""
    if not (settings.DEBUG or getattr(settings, "ADMINHUB_DEMO", False)):
        raise Http404
    page = Paginator(specimens.MATCHES * 12, 40).get_page(request.GET.get("page"))
    form = specimens.SchoolDetailsForm(
        {"name": "Oak Hill School", "postcode": "ZZ99", "urn": "999001", "kind": "both"}
    )
    return render(
        request,
        "look/style.html",
        {"form": form, "matches": page, "specimens": specimens, "problem": specimens.SchoolDetailsForm({})},
    )


def server_error(request: HttpRequest) -> HttpResponse:
    """For `handler500`: Django's own renders without context, and would forget which site it is."""
    return render(request, "500.html", status=500)
