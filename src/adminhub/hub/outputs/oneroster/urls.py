"""Addresses under /ims/oneroster/rostering/v1p2/."""

from django.urls import path

from adminhub.hub.outputs.oneroster import views

app_name = "oneroster"

urlpatterns = [
    path("schools/<str:school_id>/classes/<str:class_id>/<str:child>", views.class_in_school),
    path("<str:name>/<str:sourced_id>/<str:child>", views.relation),
    path("<str:name>/<str:sourced_id>", views.single),
    path("<str:name>", views.collection, name="collection"),
    path("<path:rest>", views.nowhere),
    path("", views.nowhere),
]
