"""Addresses of the broker."""

from django.urls import URLPattern, URLResolver, include, path

from adminhub.runtime.health import healthz

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", healthz, name="healthz"),
    path("look/", include("adminhub.look.urls")),
    path("account/", include("allauth.account.urls")),
    path("v1.0/", include("adminhub.broker.api.urls")),
]

handler500 = "adminhub.look.views.server_error"
