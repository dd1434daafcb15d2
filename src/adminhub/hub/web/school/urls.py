"""Addresses of the School tab."""

from django.urls import path

from adminhub.hub.web.school import views

app_name = "school"

urlpatterns = [
    path("", views.details, name="details"),
]
