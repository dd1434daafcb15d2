"""Django application `hub_jobs`."""

from django.apps import AppConfig


class HubJobsConfig(AppConfig):
    """Registers the room with Django."""

    name = "adminhub.hub.jobs"
    label = "hub_jobs"
    verbose_name = "Hub jobs"
    default_auto_field = "django.db.models.BigAutoField"
