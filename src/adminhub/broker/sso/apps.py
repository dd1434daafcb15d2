"""The Django app of this room."""

from django.apps import AppConfig


class SSOConfig(AppConfig):
    name = "adminhub.broker.sso"
    label = "broker_sso"
    default_auto_field = "django.db.models.BigAutoField"
