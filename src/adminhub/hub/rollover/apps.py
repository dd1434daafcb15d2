"""Django application `hub_rollover`."""

from django.apps import AppConfig


class HubRolloverConfig(AppConfig):
    """Registers the room with Django."""

    name = "adminhub.hub.rollover"
    label = "hub_rollover"
    verbose_name = "Hub rollover"
    default_auto_field = "django.db.models.BigAutoField"
