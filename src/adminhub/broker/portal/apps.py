"""The Django app of this room."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "adminhub.broker.portal"
    label = "broker_portal"
    default_auto_field = "django.db.models.BigAutoField"
