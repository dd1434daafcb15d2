"""Django application `hub_outputs`."""

from django.apps import AppConfig


class HubOutputsConfig(AppConfig):
    """Registers the room with Django."""

    name = "adminhub.hub.outputs"
    label = "hub_outputs"
    verbose_name = "Hub outputs"
    default_auto_field = "django.db.models.BigAutoField"
