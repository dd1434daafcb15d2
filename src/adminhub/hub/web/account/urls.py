"""Addresses for logging in and choosing."""

from django.urls import path

from adminhub.hub.web.account import views

app_name = "account"

urlpatterns = [
    path("", views.home, name="home"),
    path("login/", views.log_in, name="login"),
    path("logout/", views.log_out, name="logout"),
    path("choose/", views.choose, name="choose"),
    path("open/<slug:service>/", views.open_service, name="open"),
]
