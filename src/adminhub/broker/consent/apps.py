"""The Django app of this room."""

from django.apps import AppConfig


class ConsentConfig(AppConfig):
    name = "adminhub.broker.consent"
    label = "broker_consent"
    default_auto_field = "django.db.models.BigAutoField"
