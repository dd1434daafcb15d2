"""Addresses of the hub."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from adminhub.hub.web.connect.hook import broker_hook
from adminhub.runtime.accounts import CLOSED_PAGES
from adminhub.runtime.health import healthz

school_pages: list[URLPattern | URLResolver] = [
    path("", include("adminhub.hub.web.people.urls")),
    path("", include("adminhub.hub.web.classes.urls")),
    path("access/", include("adminhub.hub.web.access.urls")),
    path("school/", include("adminhub.hub.web.school.urls")),
    path("school/leavers/", include("adminhub.hub.web.leavers.urls")),
    path("school/duplicates/", include("adminhub.hub.web.duplicates.urls")),
    path("school/promotion/", include("adminhub.hub.web.rollover.urls")),
    path("school/mis-sync/", include("adminhub.hub.web.connect.urls")),
    path("school/mis-sync/", include("adminhub.hub.web.sync.urls")),
    path("school/mis-sync/move/", include("adminhub.hub.web.moving.urls")),
    path("school/mis-sync/", include("adminhub.hub.web.syncing.urls")),
    path("school/plans/", include("adminhub.hub.web.plans.urls")),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", healthz, name="healthz"),
    path("look/", include("adminhub.look.urls")),
    path("hooks/broker/", broker_hook, name="broker_hook"),
    path("", include("adminhub.hub.web.account.urls")),
    path("<int:centre_id>/<slug:service>/", include(school_pages)),
    path("account/login/", RedirectView.as_view(pattern_name="account:login", query_string=True)),
    path("account/logout/", RedirectView.as_view(pattern_name="account:logout", query_string=True)),
    path("account/", include(CLOSED_PAGES)),
    path("account/", include("allauth.account.urls")),
    path("", include("adminhub.hub.outputs.oidc.urls")),
    path("", include("allauth.idp.urls")),
    path("ims/oneroster/rostering/v1p2/", include("adminhub.hub.outputs.oneroster.urls")),
]

handler500 = "adminhub.look.views.server_error"
