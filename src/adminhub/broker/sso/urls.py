"""Addresses of single sign-on, as clients of Wonde's know them."""

from django.urls import re_path

from adminhub.broker.sso import views

app_name = "sso"

urlpatterns = [
    re_path(r"^oauth/authorize/?$", views.authorize, name="authorize"),
    re_path(r"^oauth/token/?$", views.token, name="token"),
    re_path(r"^oauth/logout/?$", views.log_out, name="logout"),
    re_path(r"^graphql/me/?$", views.me, name="me"),
    re_path(r"^api/user/?$", views.user, name="user"),
]
