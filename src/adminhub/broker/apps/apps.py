"""The Django app of this room."""

from django.apps import AppConfig


class AppsConfig(AppConfig):
    name = "adminhub.broker.apps"
    label = "broker_apps"
    default_auto_field = "django.db.models.BigAutoField"
