"""Django application `hub_staging`."""

from django.apps import AppConfig


class HubStagingConfig(AppConfig):
    """Registers the room with Django."""

    name = "adminhub.hub.staging"
    label = "hub_staging"
    verbose_name = "Hub staging"
    default_auto_field = "django.db.models.BigAutoField"
