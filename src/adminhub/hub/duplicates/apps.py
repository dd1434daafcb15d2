"""Django application `hub_duplicates`."""

from django.apps import AppConfig


class HubDuplicatesConfig(AppConfig):
    """Registers the room with Django."""

    name = "adminhub.hub.duplicates"
    label = "hub_duplicates"
    verbose_name = "Hub duplicates"
    default_auto_field = "django.db.models.BigAutoField"
