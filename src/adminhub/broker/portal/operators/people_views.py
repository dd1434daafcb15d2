"""The operators' page about one person's log-in: whose it is, and help for who has lost what logs them in."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from adminhub.broker.directory.errors import NotPossible
from adminhub.broker.directory.models import User
from adminhub.broker.portal.access import PersonRequest, operator_page
from adminhub.broker.portal.account.second_factor import has_second_factor, reset_second_factor
from adminhub.broker.portal.operators.forms import ResetForm
from adminhub.broker.portal.queries import to_do


@operator_page
@require_http_methods(["GET", "POST"])
def person(request: PersonRequest, *, number: int) -> HttpResponseBase:
    """For whom somebody acts, and taking their second factor away so that they can add another."""
    somebody = User.objects.filter(Q(administrations__isnull=False) | Q(develops__isnull=False)).distinct()
    found = get_object_or_404(somebody, pk=number)
    form = ResetForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            reset_second_factor(person=found, by=request.user, **form.cleaned_data)
        except NotPossible as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(
                request, f"The second factor was reset. A letter about it is on its way to {found.email}."
            )
        return redirect("operators:person", number=found.pk)
    context = {
        "person": found,
        "schools": [one.school for one in found.administrations.select_related("school")],
        "apps": [one.app for one in found.develops.select_related("app")],
        "has_second_factor": has_second_factor(found),
        "form": form,
        "to_do": to_do(),
        "tab": "schools" if found.administrations.exists() else "apps",
    }
    return render(request, "portal/operators/person.html", context, status=422 if form.is_bound else 200)
