"""The Django app of this room."""

from django.apps import AppConfig


class ArrivalsConfig(AppConfig):
    name = "adminhub.broker.arrivals"
    label = "broker_arrivals"
    default_auto_field = "django.db.models.BigAutoField"
