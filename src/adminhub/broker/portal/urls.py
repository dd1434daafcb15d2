"""Addresses of the broker."""

from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from adminhub.broker.portal.account import views as account
from adminhub.broker.portal.arrivals.drop import drop
from adminhub.broker.portal.several import views as several
from adminhub.runtime.accounts import CLOSED_PAGES
from adminhub.runtime.health import healthz

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", healthz, name="healthz"),
    path("look/", include("adminhub.look.urls")),
    path("", account.home, name="home"),
    path("account/login/", account.log_in, name="account_login"),
    path("account/logout/", account.log_out, name="account_logout"),
    path("account/", include(CLOSED_PAGES)),
    path("account/", include("allauth.account.urls")),
    path("account/two-factor/webauthn/", RedirectView.as_view(pattern_name="mfa_index")),
    path("account/two-factor/", include("allauth.mfa.urls")),
    path("invitations/<str:token>/", account.accept, name="invitation"),
    path("consents/", include("adminhub.broker.portal.consents.urls")),
    path("several/<uuid:app_id>/", several.decide, name="several"),
    path("schools/", include("adminhub.broker.portal.school.urls")),
    path("schools/", include("adminhub.broker.portal.arrivals.urls")),
    path("schools/", include("adminhub.broker.portal.columns.urls")),
    path("schools/", include("adminhub.broker.portal.moving.urls")),
    path("drop/", drop, name="drop"),
    path("developer/", include("adminhub.broker.portal.developers.urls")),
    path("operator/", include("adminhub.broker.portal.operators.urls")),
    path("", include("adminhub.broker.sso.urls")),
    path("v1.0/", include("adminhub.broker.api.urls")),
]

handler500 = "adminhub.look.views.server_error"
