"""Django application `hub_syncs`."""

from django.apps import AppConfig


class HubSyncsConfig(AppConfig):
    """Registers the room with Django."""

    name = "adminhub.hub.syncs"
    label = "hub_syncs"
    verbose_name = "Hub syncs"
    default_auto_field = "django.db.models.BigAutoField"
