"""Django application `hub_roster`."""

from django.apps import AppConfig


class HubRosterConfig(AppConfig):
    """Registers the room with Django."""

    name = "adminhub.hub.roster"
    label = "hub_roster"
    verbose_name = "Hub roster"
    default_auto_field = "django.db.models.BigAutoField"
