"""Addresses of Wellbeing."""

from django.urls import URLPattern, URLResolver, include, path

from adminhub.runtime.health import healthz
from adminhub.wellbeing.web import hook, sign_in, views

school_pages: list[URLPattern | URLResolver] = [
    path("", views.school, name="school"),
    path("refresh/", views.refresh_roster, name="refresh"),
    path("staff/", views.staff, name="staff"),
    path("classes/", views.classes, name="classes"),
    path("classes/<int:class_id>/", views.one_class, name="class"),
    path("pupils/", views.pupils, name="pupils"),
]
urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", healthz, name="healthz"),
    path("look/", include("adminhub.look.urls")),
    path("hooks/roster/", hook.roster_hook, name="roster_hook"),
    path("", views.front, name="front"),
    path("login/", sign_in.log_in, name="login"),
    path("logout/", sign_in.log_out, name="logout"),
    path("schools/<int:school_id>/", include(school_pages)),
    path("account/", include("allauth.urls")),
]

handler500 = "adminhub.look.views.server_error"
