"""Who sees what: a page of a school opens only for its members, and the school is part of the address."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponseBase

from adminhub.wellbeing.roster.models import Membership, School, User
from adminhub.wellbeing.web.sign_in import ask_the_hub_again


class SchoolRequest(HttpRequest):
    """A request for a page of one school by one of its members."""

    user: User
    membership: Membership
    school: School
    has_other_schools: bool


SchoolView = Callable[..., HttpResponseBase]


def school_page(view: SchoolView) -> SchoolView:
    """Open the view for members of the school in the address; for others it does not exist (404)."""

    @wraps(view)
    def open_page(request: HttpRequest, *, school_id: int, **rest: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        by_the_hub = ask_the_hub_again(request)
        if by_the_hub is not None:
            return by_the_hub
        theirs = list(request.user.memberships.select_related("school"))
        membership = next((one for one in theirs if one.school_id == school_id), None)
        if membership is None:
            raise Http404
        page = cast(SchoolRequest, request)
        page.membership, page.school = membership, membership.school
        page.has_other_schools = len(theirs) > 1
        return view(page, **rest)

    return open_page
