"""Addresses of Leavers."""

from django.urls import path

from adminhub.hub.web.leavers import views

app_name = "leavers"

urlpatterns = [
    path("", views.listed, name="listed"),
    path("do/", views.do, name="do"),
    path("delete/", views.schedule, name="schedule"),
    path("keep/", views.keep, name="keep"),
]
