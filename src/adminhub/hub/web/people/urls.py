"""Addresses of teachers and pupils."""

from django.urls import path

from adminhub.hub.web.people import views

app_name = "people"

urlpatterns = [
    path("teachers/", views.teachers, name="teachers"),
    path("teachers/<uuid:sourced_id>/", views.teacher, name="teacher"),
    path("pupils/", views.pupils, name="pupils"),
    path("pupils/<uuid:sourced_id>/", views.pupil, name="pupil"),
]
