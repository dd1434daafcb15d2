"""Addresses of a school's own pages."""

from django.urls import path

from adminhub.broker.portal.school import views

app_name = "school"

urlpatterns = [
    path("<slug:school_id>/", views.apps, name="apps"),
    path("<slug:school_id>/data-source/", views.data_source, name="source"),
    path("<slug:school_id>/data-source/quality/", views.quality, name="quality"),
    path("<slug:school_id>/data-source/quality.csv", views.quality_csv, name="quality_csv"),
    path("<slug:school_id>/administrators/", views.administrators, name="administrators"),
]
