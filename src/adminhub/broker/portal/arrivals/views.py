"""How a school's exports come by themselves: each way, its settings, its history."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from adminhub.broker.arrivals.actions import change_channel, fetch_now, open_channel, renew_token, switch
from adminhub.broker.arrivals.models import Channel
from adminhub.broker.arrivals.queries import channels_of
from adminhub.broker.directory.errors import NotPossible
from adminhub.broker.portal.access import SchoolRequest, deciding, school_page
from adminhub.broker.portal.arrivals.forms import FORMS, ChannelForm

PER_PAGE = 50


@school_page
@require_GET
def channels(request: SchoolRequest) -> HttpResponseBase:
    """Every way, with how it is today, and adding another."""
    context = {
        "school": request.school,
        "channels": channels_of(request.school),
        "has_folder": bool(settings.BROKER_WATCHED_FOLDER),
        "is_read_only": request.administration.is_read_only,
        "tab": "source",
    }
    return render(request, "portal/arrivals/list.html", context)


@school_page
@deciding
@require_http_methods(["GET", "POST"])
def new_channel(request: SchoolRequest, *, kind: str) -> HttpResponseBase:
    """A new way."""
    if kind not in FORMS or (kind == Channel.Kind.FOLDER and not settings.BROKER_WATCHED_FOLDER):
        raise Http404
    form = FORMS[kind](request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return _form_page(request, form)
    channel, token = open_channel(
        school=request.school,
        kind=kind,
        by=request.user,
        every_minutes=form.cleaned_data["every_minutes"],
        settings=form.typed_settings,
        secret=form.typed_secret,
    )
    return _token_page(request, channel, token) if token else _show(request, channel)


@school_page
@require_GET
def channel(request: SchoolRequest, *, channel_id: int) -> HttpResponseBase:
    """One way: how it is today, and its history."""
    found = _channel(request, channel_id)
    context = {
        "school": request.school,
        "channel": found,
        "page": Paginator(found.runs.all(), PER_PAGE).get_page(request.GET.get("page")),
        "drop_url": _drop_url(),
        "is_read_only": request.administration.is_read_only,
        "tab": "source",
    }
    return render(request, "portal/arrivals/show.html", context)


@school_page
@deciding
@require_http_methods(["GET", "POST"])
def change(request: SchoolRequest, *, channel_id: int) -> HttpResponseBase:
    """Other settings."""
    found = _channel(request, channel_id)
    form = FORMS[found.kind](request.POST or None, channel=found)
    if request.method != "POST" or not form.is_valid():
        return _form_page(request, form)
    change_channel(
        channel=found,
        by=request.user,
        every_minutes=form.cleaned_data["every_minutes"],
        settings=form.typed_settings,
        secret=form.typed_secret,
    )
    messages.success(request, "The settings were saved.")
    return _show(request, found)


@school_page
@deciding
@require_POST
def fetch(request: SchoolRequest, *, channel_id: int) -> HttpResponseBase:
    """Fetch at once."""
    found = _channel(request, channel_id)
    try:
        fetch_now(channel=found, by=request.user)
    except NotPossible as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "It is being fetched. This page shows what became of it in a moment.")
    return _show(request, found)


@school_page
@deciding
@require_POST
def switch_channel(request: SchoolRequest, *, channel_id: int) -> HttpResponseBase:
    """On or off."""
    found = _channel(request, channel_id)
    switch(channel=found, by=request.user, is_on=request.POST.get("is_on") == "1")
    messages.success(
        request, "It is switched on." if found.is_on else "It is switched off. What was published stays."
    )
    return _show(request, found)


@school_page
@deciding
@require_POST
def token(request: SchoolRequest, *, channel_id: int) -> HttpResponseBase:
    """A new token in place of the old one."""
    found = get_object_or_404(channels_of(request.school), pk=channel_id, kind=Channel.Kind.DROP)
    return _token_page(request, found, renew_token(channel=found, by=request.user))


@school_page
@require_GET
def script(request: SchoolRequest) -> HttpResponseBase:
    """The script for a school's own server; it holds no token."""
    text = render_to_string("portal/arrivals/send-export.ps1", {"drop_url": _drop_url()})
    return HttpResponse(
        text.replace("\n", "\r\n"),
        content_type="text/plain; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="send-export.ps1"'},
    )


def _channel(request: SchoolRequest, channel_id: int) -> Channel:
    return get_object_or_404(channels_of(request.school), pk=channel_id)


def _show(request: SchoolRequest, found: Channel) -> HttpResponseBase:
    return redirect("arrivals:show", school_id=request.school.broker_id, channel_id=found.pk)


def _drop_url() -> str:
    return settings.BROKER_URL + reverse("drop")


def _form_page(request: SchoolRequest, form: ChannelForm) -> HttpResponseBase:
    context = {"school": request.school, "form": form, "channel": form.channel, "tab": "source"}
    return render(request, "portal/arrivals/form.html", context, status=422 if form.is_bound else 200)


def _token_page(request: SchoolRequest, found: Channel, token: str) -> HttpResponseBase:
    context = {
        "school": request.school,
        "channel": found,
        "token": token,
        "drop_url": _drop_url(),
        "tab": "source",
    }
    return render(request, "portal/arrivals/token.html", context)
