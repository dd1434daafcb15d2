"""Addresses of Promotion."""

from django.urls import path

from adminhub.hub.web.rollover import views

app_name = "rollover"

urlpatterns = [
    path("", views.start, name="start"),
    path("begin/", views.begin, name="begin"),
    path("year-groups/", views.year_groups, name="year_groups"),
    path("classes/", views.classes, name="classes"),
    path("pupils/", views.pupils, name="pupils"),
    path("list/", views.class_list, name="class_list"),
    path("list/pupils.csv", views.class_list_to_fill_in, name="class_list_to_fill_in"),
    path("preview/", views.preview, name="preview"),
    path("again/", views.again, name="again"),
    path("promote/", views.promote, name="promote"),
    path("schedule/", views.schedule, name="schedule"),
    path("unschedule/", views.unschedule, name="unschedule"),
    path("cancel/", views.cancel, name="cancel"),
    path("ended-classes/", views.ended_classes, name="ended_classes"),
    path("done/<int:rollover_id>/", views.done, name="done"),
]
