"""Django application `hub_leavers`."""

from django.apps import AppConfig


class HubLeaversConfig(AppConfig):
    """Registers the room with Django."""

    name = "adminhub.hub.leavers"
    label = "hub_leavers"
    verbose_name = "Hub leavers"
    default_auto_field = "django.db.models.BigAutoField"
