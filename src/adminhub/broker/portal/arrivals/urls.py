"""Addresses of the pages about how a school's exports come."""

from django.urls import path

from adminhub.broker.portal.arrivals import views

app_name = "arrivals"

urlpatterns = [
    path("<slug:school_id>/data-source/ways/", views.channels, name="list"),
    path("<slug:school_id>/data-source/ways/new/<slug:kind>/", views.new_channel, name="new"),
    path("<slug:school_id>/data-source/ways/<int:channel_id>/", views.channel, name="show"),
    path("<slug:school_id>/data-source/ways/<int:channel_id>/change/", views.change, name="change"),
    path("<slug:school_id>/data-source/ways/<int:channel_id>/fetch/", views.fetch, name="fetch"),
    path("<slug:school_id>/data-source/ways/<int:channel_id>/switch/", views.switch_channel, name="switch"),
    path("<slug:school_id>/data-source/ways/<int:channel_id>/token/", views.token, name="token"),
    path("<slug:school_id>/data-source/send-export.ps1", views.script, name="script"),
]
