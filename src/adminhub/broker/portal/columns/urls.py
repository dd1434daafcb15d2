"""Addresses of the column assistant."""

from django.urls import path

from adminhub.broker.portal.columns import views

app_name = "columns"

urlpatterns = [
    path("<slug:school_id>/data-source/columns/", views.profiles, name="list"),
    path("<slug:school_id>/data-source/columns/<int:draft_id>/", views.draft, name="draft"),
    path("<slug:school_id>/data-source/columns/<int:profile_id>/forget/", views.forget, name="forget"),
]
