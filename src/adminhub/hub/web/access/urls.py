"""Addresses of granting and withdrawing access."""

from django.urls import path

from adminhub.hub.web.access import views

app_name = "access"

urlpatterns = [
    path("<str:kind>/change/", views.change, name="change"),
    path("undo/", views.undo, name="undo"),
]
