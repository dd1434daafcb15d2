"""Addresses of classes and groups."""

from django.urls import path

from adminhub.hub.web.classes import views

app_name = "classes"

urlpatterns = [
    path("classes/", views.classes, name="classes"),
    path("classes/<uuid:sourced_id>/", views.school_class, name="class"),
    path("groups/", views.groups, name="groups"),
    path("groups/<int:group_id>/", views.group, name="group"),
]
