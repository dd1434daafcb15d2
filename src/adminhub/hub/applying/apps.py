"""Django application `hub_applying`."""

from django.apps import AppConfig


class HubApplyingConfig(AppConfig):
    """Registers the room with Django."""

    name = "adminhub.hub.applying"
    label = "hub_applying"
    verbose_name = "Hub applying"
    default_auto_field = "django.db.models.BigAutoField"
