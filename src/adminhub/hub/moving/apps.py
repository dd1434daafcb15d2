"""Django application `hub_moving`."""

from django.apps import AppConfig


class HubMovingConfig(AppConfig):
    """Registers the room with Django."""

    name = "adminhub.hub.moving"
    label = "hub_moving"
    verbose_name = "Hub moving"
    default_auto_field = "django.db.models.BigAutoField"
