"""Addresses of Wellbeing."""

from django.urls import URLPattern, URLResolver, include, path

from adminhub.runtime.health import healthz

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", healthz, name="healthz"),
    path("look/", include("adminhub.look.urls")),
    path("account/", include("allauth.urls")),
]

handler500 = "adminhub.look.views.server_error"
