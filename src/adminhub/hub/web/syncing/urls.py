"""Addresses of the sync history and settings."""

from django.urls import path, register_converter

from adminhub.hub.web.syncing import views
from adminhub.hub.web.syncing.exports import FormatConverter

register_converter(FormatConverter, "history_format")
app_name = "syncing"

urlpatterns = [
    path("now/", views.sync_now, name="now"),
    path("settings/", views.settings_page, name="settings"),
    path("history/", views.history_page, name="history"),
    path("history/sync-history.<history_format:kind>", views.download, name="download"),
    path("history/<int:run_id>/", views.run_page, name="run"),
    path("history/<int:run_id>/sync.<history_format:kind>", views.download_run, name="download_run"),
]
