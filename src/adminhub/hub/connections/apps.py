"""Django application `hub_connections`."""

from django.apps import AppConfig


class HubConnectionsConfig(AppConfig):
    """Registers the room with Django."""

    name = "adminhub.hub.connections"
    label = "hub_connections"
    verbose_name = "Hub connections"
    default_auto_field = "django.db.models.BigAutoField"
