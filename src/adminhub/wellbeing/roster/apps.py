"""Django application `wellbeing_roster`."""

from django.apps import AppConfig


class WellbeingRosterConfig(AppConfig):
    """Registers the room with Django."""

    name = "adminhub.wellbeing.roster"
    label = "wellbeing_roster"
    verbose_name = "Wellbeing roster"
    default_auto_field = "django.db.models.BigAutoField"
