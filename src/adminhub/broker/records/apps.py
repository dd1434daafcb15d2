"""The Django app of this room."""

from django.apps import AppConfig


class RecordsConfig(AppConfig):
    name = "adminhub.broker.records"
    label = "broker_records"
    default_auto_field = "django.db.models.BigAutoField"
