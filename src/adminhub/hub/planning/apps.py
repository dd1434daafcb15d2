"""Django application `hub_planning`."""

from django.apps import AppConfig


class HubPlanningConfig(AppConfig):
    """Registers the room with Django."""

    name = "adminhub.hub.planning"
    label = "hub_planning"
    verbose_name = "Hub planning"
    default_auto_field = "django.db.models.BigAutoField"
