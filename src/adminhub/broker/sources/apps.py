"""The Django app of this room."""

from django.apps import AppConfig


class SourcesConfig(AppConfig):
    name = "adminhub.broker.sources"
    label = "broker_sources"
    default_auto_field = "django.db.models.BigAutoField"
