"""Django application `hub_core`."""

from django.apps import AppConfig


class HubCoreConfig(AppConfig):
    """Registers the room with Django."""

    name = "adminhub.hub.core"
    label = "hub_core"
    verbose_name = "Hub core"
    default_auto_field = "django.db.models.BigAutoField"
