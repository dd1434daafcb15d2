"""Django application `hub_schools`."""

from django.apps import AppConfig


class HubSchoolsConfig(AppConfig):
    """Registers the room with Django."""

    name = "adminhub.hub.schools"
    label = "hub_schools"
    verbose_name = "Hub schools"
    default_auto_field = "django.db.models.BigAutoField"
