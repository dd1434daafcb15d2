"""Addresses of teachers and pupils."""

from django.urls import path

from adminhub.hub.web.people import editing, views

app_name = "people"

urlpatterns = [
    path("teachers/", views.teachers, name="teachers"),
    path("teachers/<uuid:sourced_id>/", views.teacher, name="teacher"),
    path("teachers/<uuid:sourced_id>/edit/", editing.teacher, name="edit_teacher"),
    path("pupils/", views.pupils, name="pupils"),
    path("pupils/<uuid:sourced_id>/", views.pupil, name="pupil"),
    path("pupils/<uuid:sourced_id>/edit/", editing.pupil, name="edit_pupil"),
    path("people/<uuid:sourced_id>/own-value/", editing.give_up, name="give_up"),
    path("people/<uuid:sourced_id>/unlink/", editing.unlink, name="unlink"),
]
