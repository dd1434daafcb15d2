"""The Django app of this room."""

from django.apps import AppConfig


class MovingConfig(AppConfig):
    name = "adminhub.broker.moving"
    label = "broker_moving"
    default_auto_field = "django.db.models.BigAutoField"
