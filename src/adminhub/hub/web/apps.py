"""Django application `hub_web`."""

from django.apps import AppConfig


class HubWebConfig(AppConfig):
    """Registers the room with Django."""

    name = "adminhub.hub.web"
    label = "hub_web"
    verbose_name = "Hub web"
    default_auto_field = "django.db.models.BigAutoField"
