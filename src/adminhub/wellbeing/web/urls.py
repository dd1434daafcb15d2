"""Addresses of Wellbeing."""

from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from adminhub.runtime.health import healthz
from adminhub.wellbeing.web import hook, sign_in, views

NOT_OURS = ("logout", "signup", "email", "3rdparty", "reauthenticate", "inactive", "confirm-email")
school_pages: list[URLPattern | URLResolver] = [
    path("", views.school, name="school"),
    path("refresh/", views.refresh_roster, name="refresh"),
    path("staff/", views.staff, name="staff"),
    path("classes/", views.classes, name="classes"),
    path("classes/<int:class_id>/", views.one_class, name="class"),
    path("pupils/", views.pupils, name="pupils"),
    path("pupils/<int:pupil_id>/", views.one_pupil, name="pupil"),
    path("pupils/<int:pupil_id>/note/", views.write_note, name="write_note"),
]
urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", healthz, name="healthz"),
    path("look/", include("adminhub.look.urls")),
    path("hooks/roster/", hook.roster_hook, name="roster_hook"),
    path("", views.front, name="front"),
    path("login/", sign_in.log_in, name="login"),
    path("logout/", sign_in.log_out, name="logout"),
    path("schools/<int:school_id>/", include(school_pages)),
    # allauth's own pages about accounts: the hub keeps the accounts.
    path("account/login/", RedirectView.as_view(pattern_name="login", query_string=True)),
    *(path(f"account/{page}/", RedirectView.as_view(pattern_name="front")) for page in NOT_OURS),
    path("account/", include("allauth.urls")),
]

handler500 = "adminhub.look.views.server_error"
