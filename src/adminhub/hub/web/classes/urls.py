"""Addresses of classes and groups."""

from django.urls import path

from adminhub.hub.web.classes import editing, views

app_name = "classes"

urlpatterns = [
    path("classes/", views.classes, name="classes"),
    path("classes/<uuid:sourced_id>/", views.school_class, name="class"),
    path("classes/<uuid:sourced_id>/edit/", editing.school_class, name="edit"),
    path("classes/<uuid:sourced_id>/own-value/", editing.give_up, name="give_up"),
    path("groups/", views.groups, name="groups"),
    path("groups/<int:group_id>/", views.group, name="group"),
]
