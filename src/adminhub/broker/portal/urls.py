"""Addresses of the broker."""

from django.urls import URLPattern, URLResolver, include, path

from adminhub.runtime.health import healthz

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", healthz, name="healthz"),
    path("account/", include("allauth.account.urls")),
    path("v1.0/", include("adminhub.broker.api.urls")),
]
