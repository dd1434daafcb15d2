"""The Django app of this room."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "adminhub.broker.api"
    label = "broker_api"
    default_auto_field = "django.db.models.BigAutoField"
