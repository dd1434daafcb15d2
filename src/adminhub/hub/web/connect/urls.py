"""Addresses of connecting a school."""

from django.urls import path

from adminhub.hub.web.connect import views

app_name = "connect"

urlpatterns = [
    path("", views.mis_sync, name="mis_sync"),
    path("state/", views.state, name="state"),
    path("authorise/", views.confirm_details, name="confirm_details"),
    path("authorise/search/", views.search, name="search"),
    path("authorise/<str:broker_school_id>/", views.compare, name="compare"),
    path("authorise/<str:broker_school_id>/submit/", views.submit, name="submit"),
    path("remind/", views.remind, name="remind"),
    path("deauthorise/", views.deauthorise, name="deauthorise"),
]
